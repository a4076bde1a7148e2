import { randomBytes, randomUUID } from 'node:crypto';
import { nextTick } from 'node:process';
import { clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';
import type { Runtime } from './runtime.js';

/** Of an id, before it is text. */
const RANDOM_ID_BYTES = 9;

/** When the clock of {@link systemRuntime} showed 0, by the local time: ms since the epoch. */
export const SYSTEM_TIME_ORIGIN_MS = performance.timeOrigin;

/** Node's own clock, timers and chance. */
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
