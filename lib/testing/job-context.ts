import type { Job } from '../protocol/wire/job-element.js';
import type { JobContext } from '../worker/running/job-context.js';
import { RunContext } from '../worker/running/run-context.js';
import { followingRuntime } from '../memory/following-runtime.js';

/** What a handler sees of a job that a test makes up. */
export interface JobContextFields {
  /** @default 'job-1' */
  readonly id?: string | number | undefined;
  /** @default 'queue' */
  readonly queue?: string | undefined;
  /** @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Which delivery it is. @default 1 */
  readonly attempt?: number | undefined;
  /** ms since the epoch. @default now */
  readonly pushedAt?: number | undefined;
  /** When the caller stops waiting, ms since the epoch: {@link JobContext.signal} aborts then. @default never */
  readonly deadline?: number | undefined;
}

/**
 * Makes the second argument of a handler that a test calls directly.
 *
 * @example
 * ```ts
 * const report = await worker.render({ id: '7' }, jobContext({ headers: { tenant: 'a' }, attempt: 2 }));
 * ```
 */
export function jobContext({
  id = 'job-1',
  queue = 'queue',
  headers = {},
  attempt = 1,
  pushedAt = Date.now(),
  deadline,
}: JobContextFields = {}): JobContext {
  const job: Job = {
    version: 2,
    id,
    data: undefined,
    headers,
    redeliveries: attempt - 1,
    pushedAt,
    deadline,
  };
  const clock = { now: () => Date.now() };
  return new RunContext(queue, job, { clock, runtime: followingRuntime });
}
