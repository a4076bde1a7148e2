import { FencedSubscriber } from './fenced-stream.js';

/** Receives the values of a handler. No method throws. */
export interface ValueTaker {
  value(value: unknown): void;
  failed(error: unknown): void;
  completed(): void;
  /** Called when the source is closed and its teardown is done. */
  closed(): void;
  /** Called when the teardown of the source has thrown. */
  strayed(error: unknown): void;
}

/** Passes the values of a handler to a taker, and notifies it when the source is closed, whoever closed it. */
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
