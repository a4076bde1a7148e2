import type { WorkerNews } from './worker-status.js';

type Hear = (news: WorkerNews) => void;

let hear: Hear | undefined;

/** Hears what the workers of this process itself do, where there are some. */
export function onWorkerNews(listener: Hear): void {
  hear = listener;
}

/** Tells whoever started this worker that it is `ready`, why it is not, or what it does. */
export function notifyParent(message: string | WorkerNews): void {
  if (hear) {
    if (typeof message !== 'string') {
      hear(message);
    }
    return;
  }
  // Without somebody who hears of its failure, it would end the process if the parent dies at this moment.
  process.send?.(message, undefined, undefined, () => undefined);
}
