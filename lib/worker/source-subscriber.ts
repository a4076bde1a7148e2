import { Subscriber, UnsubscriptionError, type TeardownLogic } from 'rxjs';
import { isError } from '../errors/error-text.js';

/** What becomes of the values of a handler. None of it throws. */
export interface ValueTaker {
  value(value: unknown): void;
  failed(error: unknown): void;
  completed(): void;
  /** The source is closed, and its teardown is done. */
  closed(): void;
  /** The teardown of the source has thrown. */
  strayed(error: unknown): void;
}

/**
 * Follows the values of a handler. RxJS lets an exception of a teardown out to whoever ends the stream: to the source
 * itself, whose timer it would end the process from, or to whoever cancels the job. Here it goes no further.
 */
export class SourceSubscriber extends Subscriber<unknown> {
  constructor(private readonly taker: ValueTaker) {
    super();
  }

  protected override _next(value: unknown): void {
    this.taker.value(value);
  }

  protected override _error(error: unknown): void {
    this.taker.failed(error);
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.taker.completed();
    this.unsubscribe();
  }

  /** Runs the teardown at once where the stream is closed already. */
  override add(teardown: TeardownLogic): void {
    try {
      super.add(teardown);
    } catch (error) {
      this.strayed(error);
    }
  }

  override unsubscribe(): void {
    if (this.closed) {
      return;
    }
    try {
      super.unsubscribe();
    } catch (error) {
      this.strayed(error);
    }
    this.taker.closed();
  }

  private strayed(error: unknown): void {
    const isCollection = isError(error) && error instanceof UnsubscriptionError;
    for (const each of isCollection ? error.errors : [error]) {
      this.taker.strayed(each);
    }
  }
}
