import { isRefusal } from './refusal.js';
import { delay, nextTurn, type Runtime } from './runtime.js';

/** How long to wait after the server refused something, ms. */
const REFUSED_DELAY_MS = 1_000;

/**
 * Waits before something that failed is tried again: for a while after a refusal, else for one turn of the event
 * loop at least. Without it, a call that fails at once would keep the loop from ever hearing of a new connection.
 */
export async function beforeRetry(error: unknown, runtime: Runtime): Promise<void> {
  await (isRefusal(error) ? delay(runtime, REFUSED_DELAY_MS) : nextTurn(runtime));
}
