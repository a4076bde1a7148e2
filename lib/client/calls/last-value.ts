import { Subscriber } from 'rxjs';
import { isError, stackOf } from '../../errors/error-text.js';

/** Takes the values of a request, and hands on the last at the end: `undefined` where there is none. */
export class LastValue extends Subscriber<unknown> {
  private last: unknown;

  /** @param reject - hears the error instead. */
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

/** Whether an error is what a signal was aborted with: it is the application's, which may hand it to many requests. */
export function isReasonOf(error: unknown, signal: AbortSignal | undefined): boolean {
  try {
    return signal !== undefined && signal.aborted && signal.reason === error;
  } catch {
    return false;
  }
}

/**
 * Adds the lines of the code that awaits a request to an error that came from elsewhere, whose own stack ends where replies are
 * read. Only a failure costs anything: where async functions wait, V8 knows who waits for them.
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
