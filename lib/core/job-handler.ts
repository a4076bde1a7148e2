import type { JobHandler } from '../worker/worker-options.js';
import { handleWithin } from './around-job.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServeOptions } from './serve-options.js';

/** A handler of the application with its options. */
interface ServedHandler extends Pick<JobHandler, 'queue' | 'name' | 'handle'> {
  readonly options: ServeOptions;
}

/** Completes a handler with the defaults and the `aroundJob` hook of the instance. */
export function jobHandlerOf(
  { queue, name, options, handle }: ServedHandler,
  { concurrency, maxDeliveries, deadLetterFailures, aroundJob }: ResolvedOptions,
): JobHandler {
  return {
    queue,
    name,
    concurrency: options.concurrency ?? concurrency,
    maxDeliveries: options.maxDeliveries ?? maxDeliveries,
    deadLetterFailures: options.deadLetterFailures ?? deadLetterFailures,
    timeout: options.timeout ?? 0,
    handle: aroundJob ? handleWithin(aroundJob, handle) : handle,
  };
}
