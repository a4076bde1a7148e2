import type { CallMessage, CallOutcome } from './call-message.js';
import type { Writable } from './writable.js';

/** What follows the end of a call: listeners are told. */
export type OnCallEnd = (message: CallMessage) => void;

/** One call that somebody listens to. Its end is told once. */
export class CallTrace {
  private isOver = false;

  constructor(
    private readonly message: Writable<CallMessage>,
    private readonly onEnd: OnCallEnd,
  ) {}

  /** Headers that the job is to have; `undefined` for none. Listeners may have added some that are no texts, which are left out. */
  get headers(): Record<string, string> | undefined {
    const { headers } = this.message;
    let hasAny = false;
    for (const name in headers) {
      if (typeof headers[name] !== 'string') {
        return textsOf(headers);
      }
      hasAny = true;
    }
    return hasAny ? headers : undefined;
  }

  /** Notes how the call has ended. Where the caller gets an error, {@link failed} follows. */
  ended(outcome: CallOutcome, values: number | undefined, hasError: boolean): void {
    this.message.outcome ??= outcome;
    this.message.values ??= values;
    if (!hasError) {
      this.tell();
    }
  }

  /** Notes the error that the caller gets. */
  failed(error: unknown): void {
    if (!this.isOver) {
      this.message.outcome ??= 'failed';
      this.message.error = error;
      this.tell();
    }
  }

  private tell(): void {
    if (!this.isOver) {
      this.isOver = true;
      this.onEnd(this.message);
    }
  }
}

function textsOf(headers: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}
