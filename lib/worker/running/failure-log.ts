import { shown, stackOf } from '../../errors/error-text.js';
import type { Runtime } from '../../driver/runtime.js';
import { inspected } from '../../telemetry/inspected.js';
import type { Log } from '../../telemetry/log.js';
import { toWireError, type WireError } from '../../protocol/wire/wire-error.js';
import { failureText } from './failure-text.js';
import type { JobHandler } from '../worker-options.js';

/** Maximum number of different failures of one handler that have a log line of their own in a minute. All others count as one kind. */
const MAX_KINDS_PER_MINUTE = 50;
const MINUTE_MS = 60_000;

/** Length of the part of a failure's text that distinguishes one failure from another. */
const MAX_KIND_CHARACTERS = 200;

/** Logs the failures of one handler: each different failure once a minute at most, with how often it has happened. */
export class FailureLog {
  private readonly kinds = new Set<string>();
  private since = -Infinity;

  constructor(
    private readonly handler: Pick<JobHandler, 'name' | 'queue'>,
    private readonly log: Log,
    private readonly runtime: Pick<Runtime, 'now'>,
  ) {}

  /**
   * Logs that the handler has failed on a job.
   * @param form - the error as it is sent, where it was described already.
   * @param handled - the error that was being handled when this one was thrown, if it is a different one.
   */
  failed(id: string | number, error: unknown, form = toWireError(error), handled?: unknown): void {
    this.write('failed', id, error, form, handled);
  }

  /**
   * Logs an error of the application's code that cannot end a run any more.
   * @param what - which code has thrown, such as `a listener of job.signal`.
   */
  strayed(what: string, id: string | number, error: unknown): void {
    this.write(`failed in ${what}`, id, error, toWireError(error));
  }

  private write(
    what: string,
    id: string | number,
    error: unknown,
    form: WireError,
    handled?: unknown,
  ): void {
    const { name, queue } = this.handler;
    const failure = failureText(error, form);
    const before =
      handled === undefined
        ? ''
        : ` (while handling ${failureText(handled, toWireError(handled))})`;
    const text = `${name} ${what} on job ${shown(id)} of queue "${queue}": ${failure}${before}`;
    const kind = this.kindOf(`${what}: ${failure.slice(0, MAX_KIND_CHARACTERS)}`);
    this.log.repeated(kind, 'error', text, () => inspected(error) ?? stackOf(error));
  }

  private kindOf(failure: string): string {
    const now = this.runtime.now();
    if (now - this.since > MINUTE_MS) {
      this.since = now;
      this.kinds.clear();
    }
    const isShown = this.kinds.has(failure) || this.kinds.size < MAX_KINDS_PER_MINUTE;
    if (isShown) {
      this.kinds.add(failure);
    }
    return `${this.handler.queue} ${isShown ? failure : 'failed in many ways'}`;
  }
}
