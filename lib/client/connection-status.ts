import { Observable } from 'rxjs';
import type { ConnectionState } from '../driver/connection-state.js';
import { stateOfAll } from '../driver/line.js';
import type { Shards } from '../driver/shard.js';
import type { ApplicationCode } from './calls/application-code.js';

/** @returns the combined state of the connections to all shards: `ready` only if each open one is ready. */
export const stateOf = ({ all }: Shards): ConnectionState =>
  stateOfAll(all.map(({ driver }) => driver));

/** Emits the current state of the connections, then each change; completes when they are closed. */
export function connectionStatus(
  shards: Shards,
  code: ApplicationCode,
): Observable<ConnectionState> {
  return new Observable((subscriber) => {
    let lastState: ConnectionState | undefined;
    const emitChange = (): void => {
      const state = stateOf(shards);
      if (state === lastState) {
        return;
      }
      lastState = state;
      // A subscriber that throws must not interrupt the connection, which is in the middle of its own change.
      code.run('A subscriber of status$', () => subscriber.next(state));
      if (state === 'closed') {
        code.run('A subscriber of status$', () => subscriber.complete());
      }
    };
    emitChange();
    for (const { driver } of shards.all) {
      subscriber.add(driver.onState(emitChange));
    }
  });
}
