import { Observable, Subscriber, type TeardownLogic } from 'rxjs';
import { propertyOf } from '../../errors/error-text.js';
import type { RunContext } from './run-context.js';

/**
 * Subscribes to values of the application's code, and catches what their teardown throws. RxJS passes such an exception to the
 * code that ends the stream: to the source itself, where it may end the process from a timer, or to the code that cancels the job.
 */
export abstract class FencedSubscriber extends Subscriber<unknown> {
  /** Adds a teardown, which runs at once where the stream is closed already. */
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

  /** Called with each error that a teardown has thrown. Must not throw. */
  protected abstract strayed(error: unknown): void;

  private report(error: unknown): void {
    // RxJS collects the errors of several teardowns. Recognized by name, because it may be another copy of RxJS.
    const isCollection = propertyOf(error, 'name') === 'UnsubscriptionError';
    const errors = isCollection ? propertyOf(error, 'errors') : undefined;
    for (const each of Array.isArray(errors) ? errors : [error]) {
      this.strayed(each);
    }
  }
}

/** Passes values on, but not the exceptions of their teardown. */
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

/** @returns the same values with a teardown that does not throw. */
export const fenced = (values: Observable<unknown>, context: RunContext): Observable<unknown> =>
  new Observable((subscriber) => {
    const passing = new PassingSubscriber(subscriber, context);
    // An Observable of another copy of RxJS returns a subscription of its own.
    passing.add(values.subscribe(passing));
  });
