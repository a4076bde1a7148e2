import { Observable, Subject } from 'rxjs';
import type { JobHandler } from '../worker-options.js';
import type { JobContext } from './job-context.js';
import type { JobFailure } from './job-failure.js';

/** Runs code of the application, and logs what it throws. */
interface CodeRunner {
  /** @param what - names the code. */
  run(what: string, call: () => void): void;
}

/** The failures of all jobs of the workers, for those who subscribe. */
export class JobFailures {
  private readonly all = new Subject<JobFailure>();

  constructor(private readonly code: CodeRunner) {}

  /** Emits each failure. A subscriber that throws does not affect others, and is logged. */
  get failures$(): Observable<JobFailure> {
    return new Observable((subscriber) =>
      this.all.subscribe({
        next: (failure) =>
          this.code.run('A subscriber of failures$', () => subscriber.next(failure)),
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
}
