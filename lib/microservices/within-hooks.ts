import type { Transport } from '@nestjs/microservices';
import { finalize, isObservable } from 'rxjs';
import type { ReqRepContext } from './reqrep-context.js';

/** The hooks of a server: what `setOnProcessingStartHook` and `setOnProcessingEndHook` were given. Older versions of Nest have none. */
interface ProcessingHooks {
  readonly start:
    | ((id: Transport | symbol, context: ReqRepContext, done: () => Promise<void>) => unknown)
    | undefined;
  readonly end: ((id: Transport | symbol, context: ReqRepContext) => void) | undefined;
  readonly transportId: Transport | symbol;
}

/** Handles a message between the hooks of its server. Behind an Observable the end follows when that ends. */
export function withinHooks(
  { start, end, transportId }: ProcessingHooks,
  context: ReqRepContext,
  handle: () => Promise<unknown>,
): Promise<unknown> {
  if (!start) {
    return handle();
  }
  const ended = (): void => end?.(transportId, context);
  return new Promise((resolve, reject) => {
    const done = async (): Promise<void> => {
      try {
        const result = await handle();
        if (isObservable(result)) {
          resolve(result.pipe(finalize(ended)));
          return;
        }
        ended();
        resolve(result);
      } catch (error) {
        ended();
        reject(error);
      }
    };
    // A hook may be asynchronous, and may throw before it calls back.
    Promise.resolve(start(transportId, context, done)).catch(reject);
  });
}
