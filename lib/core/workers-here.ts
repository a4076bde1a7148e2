import type { WorkersHere } from '../errors/served-here.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/**
 * Returns what this process knows about its own worker of a queue.
 * @param option - the `workers` option of the module.
 * @returns `undefined` where the process has no handler for the queue.
 */
export function workersHere(
  workers: ReplyWorkers,
  option: boolean | 'manual',
  queue: string,
): WorkersHere | undefined {
  if (!workers.isServing) {
    return { served: 'perhaps' };
  }
  const { state, queues } = workers.status;
  const own = queues.find((each) => each.queue === queue);
  if (!own) {
    return undefined;
  }
  const { handler, isPaused, refusal } = own;
  const isUp = state === 'starting' || state === 'running';
  if (isUp) {
    return { served: isPaused ? 'paused' : state, handler, refusal };
  }
  if (workers.wasStarted) {
    return { served: 'stopped', handler };
  }
  const served = option === true ? 'before start' : option === 'manual' ? 'manual' : 'off';
  return { served, handler };
}
