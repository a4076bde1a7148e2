import { Observable, Subscriber, type TeardownLogic } from 'rxjs';
import { propertyOf } from '../../errors/error-text.js';
import type { RunContext } from './run-context.js';

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
    // RxJS, also another copy of it, collects what several teardowns have thrown.
    const isCollection = propertyOf(error, 'name') === 'UnsubscriptionError';
    const errors = isCollection ? propertyOf(error, 'errors') : undefined;
    for (const each of Array.isArray(errors) ? errors : [error]) {
      this.strayed(each);
    }
  }
}

/** Passes values on, and no exception of their teardown. */
class PassingSubscriber extends FencedSubscriber {
  constructor(
    destination: Subscriber<unknown>,
    private readonly context: RunContext,
  ) {
    super(destination);
  }

  override error(error: unknown): void {
    this.context.threw(error);
    super.error(error);
  }

  protected override strayed(error: unknown): void {
    this.context.strayed('the teardown of its Observable', error);
  }
}

/** The same values, whose teardown throws at nobody. */
export const fenced = (values: Observable<unknown>, context: RunContext): Observable<unknown> =>
  new Observable((subscriber) => {
    const passing = new PassingSubscriber(subscriber, context);
    // What an Observable of another copy of RxJS returns is another subscription.
    passing.add(values.subscribe(passing));
  });
