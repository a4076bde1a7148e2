import { aDuration, anInteger, type OptionRules } from '../options/option-rules.js';
import { MOST_CONCURRENCY, type JobHandler } from '../worker/worker-options.js';
import { handleWithin } from './around-job.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Options of the handler of one queue. */
export interface ServeOptions {
  /** Jobs that the handler runs at a time. @default `concurrency` of the instance, 16 unless set */
  concurrency?: number | undefined;
  /** How often a job may be started. @default `maxDeliveries` of the instance, 3 unless set */
  maxDeliveries?: number | undefined;
  /** ms one run may take; past it the caller gets an error and `job.signal` aborts. @default 0 - no limit */
  timeout?: number | undefined;
}

/** What each of them may be. */
export const SERVE_RULES: OptionRules<ServeOptions> = {
  concurrency: anInteger(1, MOST_CONCURRENCY),
  maxDeliveries: anInteger(1),
  timeout: aDuration(0),
};

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
