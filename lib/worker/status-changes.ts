import { Observable } from 'rxjs';
import type { Runtime } from '../driver/runtime.js';

/** Interval in which a status is looked at whose changes nobody tells of, ms. */
const LOOK_INTERVAL_MS = 1_000;

/** Tells those who subscribe that a status may have changed. */
export class StatusChanges {
  private readonly listeners = new Set<() => void>();
  private isClosed = false;

  constructor(private readonly runtime: Runtime) {}

  /** Lets the status be looked at. */
  changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }

  /** Completes what {@link follow} has returned. */
  close(): void {
    this.isClosed = true;
    this.changed();
  }

  /**
   * Emits the status at once, then each change that it sees: those that {@link changed} tells at once, others within a second.
   * @param read - returns the status.
   * @param keyOf - returns a text that changes with it.
   */
  follow<Status>(read: () => Status, keyOf: (status: Status) => string): Observable<Status> {
    return new Observable((subscriber) => {
      let last: string | undefined;
      const look = (): void => {
        const status = read();
        const key = keyOf(status);
        if (key !== last) {
          last = key;
          subscriber.next(status);
        }
        if (this.isClosed) {
          subscriber.complete();
        }
      };
      const timer = this.runtime.setInterval(look, LOOK_INTERVAL_MS).unref();
      subscriber.add(() => {
        this.runtime.clear(timer);
        this.listeners.delete(look);
      });
      this.listeners.add(look);
      look();
    });
  }
}
