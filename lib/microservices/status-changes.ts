import { distinctUntilChanged, filter, ReplaySubject, type Observable } from 'rxjs';
import type { ApplicationCode } from '../client/calls/application-code.js';
import type { ConnectionState } from '../driver/connection-state.js';
import type { ReqRepTransportStatus } from './transport-status.js';

/** By the states of the connections; before the first connection there is no status. */
const STATUS_OF: Readonly<Record<ConnectionState, ReqRepTransportStatus | undefined>> = {
  idle: undefined,
  connecting: undefined,
  ready: 'connected',
  reconnecting: 'reconnecting',
  closed: 'disconnected',
};

/** The status of a server or a client, which may be listened to before there is a connection. */
export class StatusChanges {
  readonly #all = new ReplaySubject<ReqRepTransportStatus>(1);

  /** Emits the present status, where there is one, then each change. */
  readonly status: Observable<ReqRepTransportStatus> = this.#all.pipe(distinctUntilChanged());

  constructor(private readonly code: ApplicationCode) {}

  /** Follows connections that were made. */
  follow(states: Observable<ConnectionState>): void {
    states.subscribe((state) => {
      const status = STATUS_OF[state];
      if (status !== undefined) {
        this.#all.next(status);
      }
    });
  }

  /** Calls back with each change to a status, and at once where it is the present one. */
  on(status: ReqRepTransportStatus, callback: () => void): void {
    this.status
      .pipe(filter((each) => each === status))
      .subscribe(() => this.code.run(`A listener of "${status}"`, callback));
  }
}
