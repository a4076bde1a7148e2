import { delay, type Runtime } from '../../driver/runtime.js';

/** Time between two checks for progress. */
const CHECK_INTERVAL_MS = 25;

/** Time that a closing client waits for Redis to confirm its pushes: in total, without progress, and while Redis is unreachable. */
const LONGEST_WAIT_MS = 10_000;
const LONGEST_WAIT_WITHOUT_PROGRESS_MS = 1_000;
const LONGEST_WAIT_WITHOUT_REDIS_MS = 500;

/** Pushes that a closing client waits for. */
export interface UnfinishedPushes {
  readonly isDone: boolean;
  /** Changes whenever a push is answered. */
  readonly progress: number;
  /** Whether Redis is unreachable at the moment. */
  readonly isUnreachable: boolean;
}

/**
 * Waits until the pushes are answered, for a limited time. It counts its own checks instead of reading a clock, so that a process
 * whose event loop was blocked still processes answers that have already arrived.
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
