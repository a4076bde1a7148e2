import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import type { Runtime, Timer } from '../driver/runtime.js';
import { systemRuntime } from '../driver/system-runtime.js';
import { FollowedTimers } from './followed-timers.js';

let lastMs = 0;
let aheadMs = 0;

/** @returns ms by the current global `Date`. If `Date` is set back, the clock continues from its last value. */
function clock(): number {
  const time = Date.now();
  if (time + aheadMs < lastMs) {
    aheadMs = lastMs - time;
  }
  lastMs = time + aheadMs;
  return lastMs;
}

const timers = new FollowedTimers(clock);

/**
 * Time and randomness of a server in this process. Timers and clock are the current globals, so that the fake timers of Vitest and
 * Jest move them like the application's own. Immediates are always those of Node, because operations must be answered. No timer keeps
 * the process alive.
 */
export const followingRuntime: Runtime = {
  now: () => {
    timers.follow();
    return clock();
  },
  setTimeout: (callback, ms, ...args) => timers.once(() => callback(...args), ms),
  setInterval: (callback, ms) => timers.repeatedly(callback, ms),
  clear: (timer: Timer | undefined) => timers.clear(timer),
  setImmediate,
  nextTick,
  randomId: systemRuntime.randomId,
  randomUUID: systemRuntime.randomUUID,
};
