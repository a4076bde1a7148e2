import { Observable } from 'rxjs';
import type { ConnectionState } from '../driver/line.js';
import type { Driver } from '../driver/driver.js';
import type { ApplicationCode } from './calls/application-code.js';

/** The present state of the connections at once, then each change; completes when they are closed. */
export function connectionStatus(
  connections: Driver,
  code: ApplicationCode,
): Observable<ConnectionState> {
  return new Observable((subscriber) => {
    let told: ConnectionState | undefined;
    const tell = (state: ConnectionState): void => {
      if (state === told) {
        return;
      }
      told = state;
      // It is told in the middle of what the connection does about a change.
      code.run('A subscriber of status$', () => subscriber.next(state));
      if (state === 'closed') {
        code.run('A subscriber of status$', () => subscriber.complete());
      }
    };
    tell(connections.state);
    return connections.onState(tell);
  });
}
