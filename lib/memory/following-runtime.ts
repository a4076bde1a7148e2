import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import type { Runtime, Timer } from '../driver/runtime.js';
import { systemRuntime } from '../driver/system-runtime.js';

/** A timer of whoever was in charge of timers when it began. */
class FollowedTimer implements Timer {
  private end: () => void;

  /** @param begin - starts the timer. @returns how to end it. */
  constructor(private readonly begin: () => () => void) {
    this.end = begin();
  }

  clear(): void {
    this.end();
  }

  refresh(): this {
    this.end();
    this.end = this.begin();
    return this;
  }

  unref(): this {
    return this; // none of them keeps the process from ending
  }
}

/** What a timer is that a test has put in place of Node's: perhaps a number. */
const unref = (timer: unknown): void => {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
    (timer as { unref(): unknown }).unref();
  }
};

let last = 0;
let ahead = 0;

/** ms by `Date`, as it is at that moment: where it is set back, time goes on from where it was. */
function now(): number {
  const time = Date.now();
  if (time + ahead < last) {
    ahead = last - time;
  }
  last = time + ahead;
  return last;
}

/**
 * Time and chance of a server in this process: timers and clock are the globals of the moment, so that the fake ones of Vitest and
 * Jest move them, as they move the application's own. Immediates stay those of Node: what is asked has to be answered. No timer
 * keeps the process from ending.
 */
export const followingRuntime: Runtime = {
  now,
  setTimeout: (callback, ms, ...args) =>
    new FollowedTimer(() => {
      const { clearTimeout } = globalThis;
      const timer = globalThis.setTimeout(() => callback(...args), ms);
      unref(timer);
      return () => clearTimeout(timer);
    }),
  setInterval: (callback, ms) =>
    new FollowedTimer(() => {
      const { clearInterval } = globalThis;
      const timer = globalThis.setInterval(callback, ms);
      unref(timer);
      return () => clearInterval(timer);
    }),
  clear: (timer) => {
    if (timer instanceof FollowedTimer) {
      timer.clear();
    }
  },
  setImmediate,
  nextTick,
  randomId: systemRuntime.randomId,
  randomUUID: systemRuntime.randomUUID,
};
