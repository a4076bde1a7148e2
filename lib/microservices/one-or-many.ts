import { Observable } from 'rxjs';
import type { RunContext } from '../worker/running/run-context.js';
import { InterceptedReply } from '../worker/running/stream-source.js';

/**
 * Makes an Observable the reply of a job. Nest makes one of every reply that passes an interceptor, so a single value that completes in its
 * turn is a plain reply; everything else is a stream.
 */
export function oneOrMany(values: Observable<unknown>, job: RunContext): InterceptedReply {
  const { runtime } = job.time;
  return new InterceptedReply(
    new Observable((subscriber) => {
      /** The first value, until it is known whether it is the only one. */
      let held: { readonly value: unknown } | undefined;
      let hasValues = false;
      const stream = (): void => {
        if (held && !subscriber.closed) {
          const { value } = held;
          held = undefined;
          job.isStreaming = true;
          subscriber.next(value);
        }
      };
      return values.subscribe({
        next(value) {
          if (hasValues) {
            stream();
            subscriber.next(value);
          } else {
            hasValues = true;
            held = { value };
            runtime.nextTick(stream);
          }
        },
        error(error: unknown) {
          stream();
          subscriber.error(error);
        },
        complete() {
          if (held) {
            const { value } = held;
            held = undefined;
            subscriber.next(value);
          } else {
            // Without values it is a stream, too: a reply would be `undefined`.
            job.isStreaming = true;
          }
          subscriber.complete();
        },
      });
    }),
  );
}
