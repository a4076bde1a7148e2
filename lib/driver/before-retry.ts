import { isRefusal } from './refusal.js';
import { delay, nextTurn, type Runtime } from './runtime.js';

/** Wait after a refusal. */
const REFUSED_DELAY_MS = 1_000;

/**
 * Waits before a failed call is retried: {@link REFUSED_DELAY_MS} after a refusal, else one turn of the event loop. Without that
 * turn, a call that fails immediately would keep the event loop from ever processing a new connection.
 */
export async function beforeRetry(error: unknown, runtime: Runtime): Promise<void> {
  await (isRefusal(error) ? delay(runtime, REFUSED_DELAY_MS) : nextTurn(runtime));
}
