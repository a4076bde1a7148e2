/** A running timer. */
export interface Timer {
  /** Lets the process end while the timer runs. */
  unref(): Timer;
  /** Starts its time again. */
  refresh(): unknown;
}

/**
 * The source of time and randomness, so that a test can replace both. Over Redis it is what Node had when the library was imported,
 * even if a test of an application fakes the globals later.
 */
export interface Runtime {
  /** Monotonic clock: ms since some moment in the past. */
  now(): number;
  /** @param args - arguments of the callback, so that many timers can share one function. */
  readonly setTimeout: <Args extends unknown[]>(
    callback: (...args: Args) => void,
    ms: number,
    ...args: Args
  ) => Timer;
  setInterval(callback: () => void, ms: number): Timer;
  /** Clears a timer or an interval, whether or not it has fired. */
  clear(timer: Timer | undefined): void;
  setImmediate(callback: () => void): void;
  nextTick(callback: () => void): void;
  /** Returns a unique id: 12 characters of `A-Za-z0-9_-`. */
  randomId(): string;
  randomUUID(): string;
}

/** Waits for `ms`. @param ref - whether the timer keeps the process alive; default `false`. */
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
