import type { Runtime, Timer } from '../driver/runtime.js';
import type { Wait } from './operations/waits.js';
import { ReplyError } from './reply-error.js';
import type { Store } from './store.js';

/** Result of a blocking operation. */
export type WaitResult =
  | { readonly isRefused: false; readonly output: unknown }
  | { readonly isRefused: true; readonly refusal: ReplyError };

/** A blocked line. */
interface Waiter {
  /** Id of the line. */
  readonly line: number;
  readonly lists: readonly string[];
  /** @returns the result; `undefined` if the list is empty. */
  serve(list: string): WaitResult | undefined;
  /** Result if the operation times out. */
  readonly timeoutResult: WaitResult;
  onEnd(served: WaitResult): void;
  stopTimer(): void;
}

/** The blocked lines, in the order in which they blocked. */
export class Waiters {
  private waiting: Waiter[] = [];

  constructor(private readonly store: Store) {}

  /** Serves a line at once, or when a list has an element, or at its timeout. @param line - id of the line. */
  add<Input>(
    line: number,
    wait: Wait<Input, unknown>,
    input: Input,
    runtime: Runtime,
    onEnd: (served: WaitResult) => void,
  ): void {
    let timer: Timer | undefined;
    const waiter: Waiter = {
      line,
      lists: wait.lists(input),
      serve: (list) => tryServe(() => wait.serve(this.store, list, input)),
      timeoutResult: { isRefused: false, output: wait.timeoutOutput },
      onEnd,
      stopTimer: () => runtime.clear(timer),
    };
    for (const list of waiter.lists) {
      const found = waiter.serve(list);
      if (found) {
        onEnd(found);
        return;
      }
    }
    this.waiting.push(waiter);
    const ms = wait.seconds(input) * 1_000;
    if (ms > 0) {
      timer = runtime.setTimeout(() => this.end(waiter, waiter.timeoutResult), ms);
      timer.unref();
    }
  }

  /** Serves the lines that wait for lists created by the last operation. Serving one may create lists for others. */
  serve(): void {
    for (let made = this.store.takeNewLists(); made.length > 0; made = this.store.takeNewLists()) {
      for (const list of made) {
        this.serveAt(list);
      }
    }
  }

  /** Ends the wait of a line like its timeout. */
  timeOut(line: number): void {
    const waiter = this.of(line);
    if (waiter) {
      this.end(waiter, waiter.timeoutResult);
    }
  }

  /** Removes a line that is closed. */
  remove(line: number): void {
    const waiter = this.of(line);
    if (waiter) {
      this.removeWaiter(waiter);
    }
  }

  private serveAt(list: string): void {
    for (const waiter of this.waiting.filter(({ lists }) => lists.includes(list))) {
      if (this.store.kindOf(list) !== 'list') {
        return;
      }
      const found = waiter.serve(list);
      if (found) {
        this.end(waiter, found);
      }
    }
  }

  private of(line: number): Waiter | undefined {
    return this.waiting.find((waiter) => waiter.line === line);
  }

  private end(waiter: Waiter, served: WaitResult): void {
    this.removeWaiter(waiter);
    waiter.onEnd(served);
  }

  private removeWaiter(waiter: Waiter): void {
    waiter.stopTimer();
    this.waiting = this.waiting.filter((each) => each !== waiter);
  }
}

function tryServe(serve: () => unknown): WaitResult | undefined {
  try {
    const output = serve();
    return output === undefined ? undefined : { isRefused: false, output };
  } catch (error) {
    if (error instanceof ReplyError) {
      return { isRefused: true, refusal: error };
    }
    throw error;
  }
}
