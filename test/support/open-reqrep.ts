import { onTestFinished } from 'vitest';
import { createReqRep, type CreateReqRepOptions, type ReqRep } from '../../lib/core/index.js';

/** A client and workers without Nest, with what they wrote: such as `warn text`. */
export interface TestReqRep extends ReqRep {
  readonly lines: readonly string[];
}

/** Makes a client and workers that are closed behind the test. */
export function openReqRep(options: CreateReqRepOptions): TestReqRep {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (text: string): void =>
      void lines.push(`${level} ${text}`);
  const logger = { log: keep('log'), warn: keep('warn'), error: keep('error') };
  const reqRep = createReqRep({ logger, ...options });
  onTestFinished(() => reqRep.close());
  return { ...reqRep, lines };
}
