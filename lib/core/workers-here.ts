import type { WorkersHere } from '../errors/served-here.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/**
 * @param option - what the module's options say of its workers.
 * @returns what this process knows of its own workers on a queue; `undefined` where it has no handler for it.
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
