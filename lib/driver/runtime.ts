/** What a timer is known by until it has fired. */
export interface Timer {
  /** It keeps no process from ending. */
  unref(): Timer;
  /** It begins anew. */
  refresh(): unknown;
}

/**
 * Time and chance: whoever asks for either gets it from here, so that a test can put its own in place. Over Redis they are those
 * of Node from the moment of import on, whatever a test of an application puts in place of the globals later.
 */
export interface Runtime {
  /** ms from some moment in the past on; it never goes back. */
  now(): number;
  /** @param args - what the callback is called with, so that many timers can share one function. */
  readonly setTimeout: <Args extends unknown[]>(
    callback: (...args: Args) => void,
    ms: number,
    ...args: Args
  ) => Timer;
  setInterval(callback: () => void, ms: number): Timer;
  /** Ends a timer, whatever it is and whether or not it has fired. */
  clear(timer: Timer | undefined): void;
  setImmediate(callback: () => void): void;
  nextTick(callback: () => void): void;
  /** An id that no other has: 12 characters of `A-Za-z0-9_-`. */
  randomId(): string;
  randomUUID(): string;
}

/** Waits for so many ms. @param ref - whether that keeps the process from ending; it does not unless given. */
export const delay = (runtime: Runtime, ms: number, { ref = false } = {}): Promise<void> =>
  new Promise((resolve) => {
    const timer = runtime.setTimeout(resolve, ms);
    if (!ref) {
      timer.unref();
    }
  });

/** Waits for the next turn of the event loop. */
export const nextTurn = (runtime: Runtime): Promise<void> =>
  new Promise((resolve) => {
    runtime.setImmediate(resolve);
  });
