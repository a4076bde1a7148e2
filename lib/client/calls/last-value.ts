import { Subscriber } from 'rxjs';
import { isError, stackOf } from '../../errors/error-text.js';

/** Resolves with the last value of a request when it completes; with `undefined` if there was none. */
export class LastValue extends Subscriber<unknown> {
  private last: unknown;

  /** @param reject - is called with the error of a request that fails. */
  constructor(
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super();
  }

  protected override _next(value: unknown): void {
    this.last = value;
  }

  protected override _error(error: unknown): void {
    this.reject(error);
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.resolve(this.last);
    this.unsubscribe();
  }
}

/** Whether an error is the abort reason of a signal. The application may abort many requests with one reason object. */
export function isReasonOf(error: unknown, signal: AbortSignal | undefined): boolean {
  try {
    return signal !== undefined && signal.aborted && signal.reason === error;
  } catch {
    return false;
  }
}

/**
 * Appends the stack of the code that awaits a request to an error whose own stack ends where replies are read. Only failures cost
 * time: V8 knows the async functions that await the current one.
 */
export function addAwaitingLines(error: unknown): void {
  const stack = stackOf(error);
  if (!isError(error) || stack === undefined) {
    return;
  }
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, addAwaitingLines);
  const lines = here.stack?.split('\n').slice(1) ?? [];
  Reflect.set(error, 'stack', [stack, ...lines].join('\n'));
}
