import { Observable, Subject } from 'rxjs';
import { messageOf, stackOf } from '../../errors/error-text.js';
import { inspected } from '../../telemetry/inspected.js';
import type { Log } from '../../telemetry/log.js';
import type { JobContext } from './job-context.js';
import type { JobFailure } from './job-failure.js';
import type { JobHandler } from '../worker-options.js';

/** The failures of all jobs of the workers, for those who subscribe. */
export class JobFailures {
  private readonly all = new Subject<JobFailure>();

  constructor(private readonly log: Log) {}

  /** Emits each failure. A subscriber that throws does not affect others, and is logged. */
  get failures$(): Observable<JobFailure> {
    return new Observable((subscriber) =>
      this.all.subscribe({
        next: (failure) => {
          try {
            subscriber.next(failure);
          } catch (error) {
            this.threw(error);
          }
        },
        complete: () => subscriber.complete(),
      }),
    );
  }

  /** Emits an error, if somebody has subscribed. */
  failed(
    { queue, name: handler }: Pick<JobHandler, 'queue' | 'name'>,
    { id, attempt }: Pick<JobContext, 'id' | 'attempt'>,
    error: unknown,
    isExpected: boolean,
  ): void {
    if (this.all.observed) {
      this.all.next({ queue, handler, id, attempt, error, isExpected });
    }
  }

  /** Completes the failures, because the workers are closed. */
  close(): void {
    this.all.complete();
  }

  private threw(error: unknown): void {
    this.log.repeated(
      'threw: failures$',
      'error',
      `A subscriber of failures$ threw: ${messageOf(error)}`,
      () => inspected(error) ?? stackOf(error),
    );
  }
}
