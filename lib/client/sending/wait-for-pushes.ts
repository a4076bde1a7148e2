import { delay, type Runtime } from '../../driver/runtime.js';

/** How often it looks, ms. */
const CHECK_INTERVAL_MS = 25;

/** How long a client that is closed waits for Redis to confirm what was emitted, ms: in all, without any progress, and without Redis. */
const LONGEST_WAIT_MS = 10_000;
const LONGEST_WAIT_WITHOUT_PROGRESS_MS = 1_000;
const LONGEST_WAIT_WITHOUT_REDIS_MS = 500;

/** What a client that is closed still waits for. */
export interface UnfinishedPushes {
  readonly isDone: boolean;
  /** Changes whenever something is finished. */
  readonly progress: number;
  /** Whether Redis cannot be reached at the moment. */
  readonly isUnreachable: boolean;
}

/**
 * Waits until it is done, with bounds. It counts its own looks instead of reading a clock, so that a process whose event loop was
 * blocked does not give up what it had no chance to hear of.
 */
export async function waitForPushes(unfinished: UnfinishedPushes, runtime: Runtime): Promise<void> {
  let idle = 0;
  for (
    let waited = 0;
    !unfinished.isDone && waited < LONGEST_WAIT_MS;
    waited += CHECK_INTERVAL_MS
  ) {
    if (
      idle >=
      (unfinished.isUnreachable ? LONGEST_WAIT_WITHOUT_REDIS_MS : LONGEST_WAIT_WITHOUT_PROGRESS_MS)
    ) {
      return;
    }
    const { progress } = unfinished;
    await delay(runtime, CHECK_INTERVAL_MS, { ref: true });
    idle = unfinished.progress === progress ? idle + CHECK_INTERVAL_MS : 0;
  }
}
