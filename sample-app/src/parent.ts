import type { SpanMessage } from './tracing/traced-span.js';
import type { WorkerNews } from './worker-status.js';

type NewsListener = (news: WorkerNews) => void;

let newsListener: NewsListener | undefined;

/** Listens to the news of workers that run in this process. */
export function onWorkerNews(listener: NewsListener): void {
  newsListener = listener;
}

/** Tells the parent of this worker that the worker is `ready`, why it is not, what it does, or a span. */
export function notifyParent(message: string | WorkerNews | SpanMessage): void {
  if (newsListener) {
    if (typeof message !== 'string' && 'event' in message) {
      newsListener(message);
    }
    return;
  }
  // Without a callback, a failure to send, such as when the parent exits at this moment, would end this process.
  process.send?.(message, undefined, undefined, () => undefined);
}
