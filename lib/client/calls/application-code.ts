import { messageOf, stackOf } from '../../errors/error-text.js';
import { inspected } from '../../telemetry/inspected.js';
import type { Log } from '../../telemetry/log.js';

/**
 * Runs code of the application (subscribers, teardowns, callbacks, error classes) so that an exception is logged. Such an
 * exception must not be taken for an error of Redis, and must not keep another request from ending.
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
