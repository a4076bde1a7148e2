import type { WorkerNews } from './worker-status.js';

/** Tells the process that started this worker that it is `ready`, why it is not, or what it does. */
export function tellParent(message: string | WorkerNews): void {
  // Without somebody who hears of its failure, it would end the process if the parent dies at this moment.
  process.send?.(message, undefined, undefined, () => undefined);
}
