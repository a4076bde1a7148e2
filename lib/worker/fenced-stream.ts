import { Observable, Subscriber, UnsubscriptionError, type TeardownLogic } from 'rxjs';
import { isError } from '../errors/error-text.js';
import type { JobContext } from './job-context.js';

/**
 * Follows values that code of the application gives. RxJS lets an exception of a teardown out to whoever ends the stream:
 * to the source itself, where it would end the process from a timer, or to whoever cancels the job. Here it goes no further.
 */
export abstract class FencedSubscriber extends Subscriber<unknown> {
  /** Runs the teardown at once where the stream is closed already. */
  override add(teardown: TeardownLogic): void {
    try {
      super.add(teardown);
    } catch (error) {
      this.report(error);
    }
  }

  override unsubscribe(): void {
    try {
      super.unsubscribe();
    } catch (error) {
      this.report(error);
    }
  }

  /** Hears what a teardown has thrown. It throws nothing itself. */
  protected abstract strayed(error: unknown): void;

  private report(error: unknown): void {
    const isCollection = isError(error) && error instanceof UnsubscriptionError;
    for (const each of isCollection ? error.errors : [error]) {
      this.strayed(each);
    }
  }
}

/** Passes values on, and no exception of their teardown. */
class PassingSubscriber extends FencedSubscriber {
  constructor(
    destination: Subscriber<unknown>,
    private readonly context: JobContext,
  ) {
    super(destination);
  }

  protected override strayed(error: unknown): void {
    this.context.strayed('the teardown of its stream', error);
  }
}

/** The same values, whose teardown throws at nobody. */
export const fenced = (values: Observable<unknown>, context: JobContext): Observable<unknown> =>
  new Observable((subscriber) => {
    const passing = new PassingSubscriber(subscriber, context);
    // What an Observable of another copy of RxJS returns is another subscription.
    passing.add(values.subscribe(passing));
  });
