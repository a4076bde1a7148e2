import { AsyncResource } from 'node:async_hooks';
import type { Transport } from '@nestjs/microservices';
import { finalize, isObservable } from 'rxjs';
import type { ApplicationCode } from '../client/calls/application-code.js';
import type { RunContext } from '../worker/running/run-context.js';
import { subscribedWithin } from '../worker/running/subscribed-within.js';
import type { ReqRepContext } from './reqrep-context.js';

/** The hooks of a server: what `setOnProcessingStartHook` and `setOnProcessingEndHook` were given. Older versions of Nest have none. */
interface ProcessingHooks {
  readonly start:
    | ((id: Transport | symbol, context: ReqRepContext, done: () => Promise<void>) => unknown)
    | undefined;
  readonly end: ((id: Transport | symbol, context: ReqRepContext) => void) | undefined;
  readonly transportId: Transport | symbol;
  /** Logs what hooks throw once the handler runs: the reply of the handler counts. */
  readonly code: ApplicationCode;
}

/**
 * Handles a message between the hooks of its server. Behind an Observable the end follows when that ends; it is subscribed to in the async
 * context of the start, such as a span of a trace, as what else the handler does.
 */
export function withinHooks(
  { start, end, transportId, code }: ProcessingHooks,
  context: ReqRepContext,
  job: Pick<RunContext, 'isAborted'>,
  handle: () => Promise<unknown>,
): Promise<unknown> {
  if (!start) {
    return handle();
  }
  const ended = (): void =>
    code.run('The hook of the end of a message', () => end?.(transportId, context));
  return new Promise((resolve, reject) => {
    const run = async (): Promise<void> => {
      const within = AsyncResource.bind((begin: () => unknown) => begin());
      try {
        const result = await handle();
        // Nobody subscribes once the job is aborted.
        if (isObservable(result) && !job.isAborted) {
          resolve(subscribedWithin(within, result).pipe(finalize(ended)));
          return;
        }
        ended();
        resolve(result);
      } catch (error) {
        ended();
        reject(error);
      }
    };
    let running: Promise<void> | undefined;
    const done = (): Promise<void> => (running ??= run());
    const call = async (): Promise<unknown> => start(transportId, context, done);
    call().catch((error: unknown) => {
      if (running) {
        code.threw('The hook of the start of a message', error);
      } else {
        reject(error);
      }
    });
  });
}
