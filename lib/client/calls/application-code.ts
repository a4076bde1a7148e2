import { messageOf, stackOf } from '../../errors/error-text.js';
import { inspected } from '../../telemetry/inspected.js';
import type { Log } from '../../telemetry/log.js';

/**
 * Fences off the code of the application that runs inside ours: subscribers and their teardown, callbacks, classes of
 * errors. What it throws is logged; it is no error of Redis, and keeps no other request from its end.
 */
export class ApplicationCode {
  constructor(private readonly log: Log) {}

  /** @param what - names the code, such as `A subscriber of status$`. */
  run(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.threw(what, error);
    }
  }

  threw(what: string, error: unknown): void {
    this.log.repeated(
      `threw: ${what}`,
      'error',
      `${what} threw: ${messageOf(error)}`,
      () => inspected(error) ?? stackOf(error),
    );
  }
}
