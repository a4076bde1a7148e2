import { randomBytes, randomUUID } from 'node:crypto';
import { nextTick } from 'node:process';
import { clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';
import type { Runtime } from './runtime.js';

/** Random bytes of an id. */
const RANDOM_ID_BYTES = 9;

/** Local time at which the clock of {@link systemRuntime} was 0: ms since the epoch. */
export const SYSTEM_TIME_ORIGIN_MS = performance.timeOrigin;

/** The clock, timers and random numbers of Node. */
export const systemRuntime: Runtime = {
  now: performance.now.bind(performance),
  setTimeout,
  setInterval,
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setImmediate,
  nextTick,
  randomId: () => randomBytes(RANDOM_ID_BYTES).toString('base64url'),
  randomUUID: () => randomUUID(),
};
