import type { ServeOptions } from '../core/serve-options.js';
import { SERVE_RULES } from '../core/serve-options.js';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { aName, checkOptions, type OptionRules } from '../options/option-rules.js';

/**
 * What `@MessagePattern` and `@EventPattern` take as their extras: a queue of its own for the handler, with options of the queue. Handlers
 * may share such a queue.
 *
 * @example
 * ```ts
 * @MessagePattern('render', { queue: 'render', concurrency: 2 } satisfies ReqRepHandlerExtras)
 * ```
 */
export interface ReqRepHandlerExtras extends ServeOptions {
  /** The name of the queue. A client reaches the handler by the same `queue`. */
  readonly queue: string;
}

const RULES: OptionRules<ReqRepHandlerExtras> = { queue: aName, ...SERVE_RULES };

/** Options that nobody but this transport means. */
const OWN_NAMES = ['concurrency', 'maxDeliveries', 'deadLetterFailures'] as const;

/**
 * Reads the extras of a handler, which may be meant for something else.
 * @param pattern - of the handler, for errors.
 * @returns the queue and its options; `undefined` where the handler has no queue of its own.
 * @throws InvalidOptionError @internal
 */
export function extrasFor(
  pattern: string,
  extras: Readonly<Record<string, unknown>>,
): ReqRepHandlerExtras | undefined {
  const where = `the extras of the pattern ${pattern}`;
  if (extras['queue'] === undefined) {
    const name = OWN_NAMES.find((each) => extras[each] !== undefined);
    if (name === undefined) {
      return undefined;
    }
    throw new InvalidOptionError(
      `queue in ${where}`,
      `the name of a queue, because ${name} is an option of a queue`,
      describeValue(undefined),
    );
  }
  const own = extras as ReqRepHandlerExtras & Record<string, unknown>;
  checkOptions<ReqRepHandlerExtras>(own, RULES, where);
  return own;
}
