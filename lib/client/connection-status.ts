import { Observable } from 'rxjs';
import type { ConnectionState } from '../driver/connection-state.js';
import { stateOfAll } from '../driver/line.js';
import type { Shards } from '../driver/shard.js';
import type { ApplicationCode } from './calls/application-code.js';

/** @returns the state of the connections to all shards together: `ready` only when each that is open is. */
export const stateOf = ({ all }: Shards): ConnectionState =>
  stateOfAll(all.map(({ driver }) => driver));

/** The present state of the connections at once, then each change; completes when they are closed. */
export function connectionStatus(
  shards: Shards,
  code: ApplicationCode,
): Observable<ConnectionState> {
  return new Observable((subscriber) => {
    let told: ConnectionState | undefined;
    const tell = (): void => {
      const state = stateOf(shards);
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
    tell();
    for (const { driver } of shards.all) {
      subscriber.add(driver.onState(tell));
    }
  });
}
