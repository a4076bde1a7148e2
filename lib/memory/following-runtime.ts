import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import type { Runtime, Timer } from '../driver/runtime.js';
import { systemRuntime } from '../driver/system-runtime.js';
import { FollowedTimers } from './followed-timers.js';

let lastMs = 0;
let aheadMs = 0;

/** ms by `Date`, as it is at that moment: where it is set back, time goes on from where it was. */
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
 * Time and chance of a server in this process: timers and clock are the globals of the moment, so that the fake ones of Vitest and
 * Jest move them, as they move the application's own. Immediates stay those of Node: what is asked has to be answered. No timer
 * keeps the process from ending.
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
