import { delay, type Runtime } from '../../driver/runtime.js';

/** How often it looks, ms. */
const INTERVAL_MS = 25;

/** How long a client that is closed waits for Redis to confirm what was emitted, ms: in all, without any progress, and without Redis. */
const MOST_MS = 10_000;
const MOST_IDLE_MS = 1_000;
const MOST_AWAY_MS = 500;

/** What a client that is closed still waits for. */
export interface Unfinished {
  readonly isDone: boolean;
  /** Changes whenever something is finished. */
  readonly progress: number;
  /** Whether Redis cannot be reached at the moment. */
  readonly isAway: boolean;
}

/**
 * Waits until it is done, with bounds. It counts its own looks instead of reading a clock, so that a process whose event loop was
 * blocked does not give up what it had no chance to hear of.
 */
export async function waitWithPatience(unfinished: Unfinished, runtime: Runtime): Promise<void> {
  let idle = 0;
  for (let waited = 0; !unfinished.isDone && waited < MOST_MS; waited += INTERVAL_MS) {
    if (idle >= (unfinished.isAway ? MOST_AWAY_MS : MOST_IDLE_MS)) {
      return;
    }
    const { progress } = unfinished;
    await delay(runtime, INTERVAL_MS, { ref: true });
    idle = unfinished.progress === progress ? idle + INTERVAL_MS : 0;
  }
}
