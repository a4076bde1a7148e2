import { aDuration, anInteger, type OptionRules } from '../options/option-rules.js';
import { MAX_CONCURRENCY } from '../worker/worker-options.js';

/** Options of the handler of one queue. */
export interface ServeOptions {
  /** Jobs that the handler runs at a time. @default `concurrency` of the instance, 16 unless set */
  readonly concurrency?: number | undefined;
  /** How often a job may be started. @default `maxDeliveries` of the instance, 3 unless set */
  readonly maxDeliveries?: number | undefined;
  /** ms one run may take; past it the caller gets an error and `job.signal` aborts. @default 0 - no limit */
  readonly timeout?: number | undefined;
}

/** What each of them may be. @internal */
export const SERVE_RULES: OptionRules<ServeOptions> = {
  concurrency: anInteger(1, MAX_CONCURRENCY),
  maxDeliveries: anInteger(1),
  timeout: aDuration(0),
};
