import { aDuration, anInteger, oneOf, type OptionRules } from '../options/option-rules.js';
import { DEAD_LETTER_FAILURES, type DeadLetterFailures } from '../worker/dead-letter-failures.js';
import { MAX_CONCURRENCY } from '../worker/worker-options.js';

/** Options of the handler of one queue. */
export interface ServeOptions {
  /** Maximum number of jobs that the handler runs at once in this process. 1 to 10 000. @default the `concurrency` of the instance: 16 unless set */
  readonly concurrency?: number | undefined;
  /**
   * Maximum number of times that workers start a job before it becomes a dead letter, unless the call has an option of its own. At least 1.
   * @default the `maxDeliveries` of the instance: 3 unless set
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Which jobs become dead letters with the reason `failed` where the handler throws: `emits`, `all`, requests as well, or `none`.
   * @default the `deadLetterFailures` of the instance: `emits` unless set
   */
  readonly deadLetterFailures?: DeadLetterFailures | undefined;
  /**
   * The time in ms that one run may take. After it, the caller gets an error and `job.signal` aborts. `0` = no limit.
   * @default 0
   */
  readonly timeout?: number | undefined;
}

/** The rule of each option. @internal */
export const SERVE_RULES: OptionRules<ServeOptions> = {
  concurrency: anInteger(1, MAX_CONCURRENCY),
  maxDeliveries: anInteger(1),
  deadLetterFailures: oneOf(...DEAD_LETTER_FAILURES),
  timeout: aDuration(0),
};
