import type { Runtime, Timer } from '../driver/runtime.js';
import type { Wait } from './operations/waits.js';
import { ReplyError } from './reply-error.js';
import type { Store } from './store.js';

/** How a blocking operation ended. */
export type WaitResult =
  | { readonly isRefused: false; readonly output: unknown }
  | { readonly isRefused: true; readonly refusal: ReplyError };

/** A line that is blocked. */
interface Waiter {
  /** Its id. */
  readonly line: number;
  readonly lists: readonly string[];
  /** @returns `undefined` while there is nothing in a list. */
  serve(list: string): WaitResult | undefined;
  /** What it comes to when its time is over. */
  readonly timeoutResult: WaitResult;
  onEnd(served: WaitResult): void;
  stopTimer(): void;
}

/** The lines that are blocked, in the order in which they came. */
export class Waiters {
  private waiting: Waiter[] = [];

  constructor(private readonly store: Store) {}

  /** Serves a line at once, or when there is something for it, or its time is over. @param line - its id. */
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

  /** Serves those that wait for what the last operation has brought, which may bring something for others in turn. */
  serve(): void {
    for (let made = this.store.takeNewLists(); made.length > 0; made = this.store.takeNewLists()) {
      for (const list of made) {
        this.serveAt(list);
      }
    }
  }

  /** Ends the wait of a line as its time would. */
  timeOut(line: number): void {
    const waiter = this.of(line);
    if (waiter) {
      this.end(waiter, waiter.timeoutResult);
    }
  }

  /** A line is gone. */
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
