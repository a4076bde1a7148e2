import type { JobHandler } from '../worker/worker-options.js';
import { handleWithin } from './around-job.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServeOptions } from './serve-options.js';

/** A handler of the application and what was said of it. */
interface ServedHandler extends Pick<JobHandler, 'queue' | 'name' | 'handle'> {
  readonly options: ServeOptions;
}

/** What the worker of a queue runs, with the defaults and the hook of the instance. */
export function jobHandlerOf(
  { queue, name, options, handle }: ServedHandler,
  { concurrency, maxDeliveries, aroundJob }: ResolvedOptions,
): JobHandler {
  return {
    queue,
    name,
    concurrency: options.concurrency ?? concurrency,
    maxDeliveries: options.maxDeliveries ?? maxDeliveries,
    timeout: options.timeout ?? 0,
    handle: aroundJob ? handleWithin(aroundJob, handle) : handle,
  };
}
