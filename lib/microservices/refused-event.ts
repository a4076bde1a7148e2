import { defer, type Observable } from 'rxjs';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';

/**
 * Tells why an event was not sent, by the log where nobody subscribes.
 * @param refusal - ends with the error.
 */
export function refusedEvent(refusal: Observable<never>, log: Log): Observable<never> {
  let isHeard = false;
  process.nextTick(() => {
    if (!isHeard) {
      refusal.subscribe({
        error: (error: unknown) => log.error(`An event was not sent: ${messageOf(error)}`),
      });
    }
  });
  return defer(() => {
    isHeard = true;
    return refusal;
  });
}
