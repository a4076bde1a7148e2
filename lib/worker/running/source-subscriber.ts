import { FencedSubscriber } from './fenced-stream.js';

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

/** Hands the values of a handler to whoever answers its job, and tells when the source is closed, whoever closed it. */
export class SourceSubscriber extends FencedSubscriber {
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

  override unsubscribe(): void {
    if (!this.closed) {
      super.unsubscribe();
      this.taker.closed();
    }
  }

  protected override strayed(error: unknown): void {
    this.taker.strayed(error);
  }
}
