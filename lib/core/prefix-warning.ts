import type { Log } from '../telemetry/log.js';

/** Matches a prefix that ends in a separator: any character but a letter, an accent or a digit. */
const SEPARATED = /[^\p{L}\p{M}\p{N}]$/u;

/** @returns a warning for a prefix with which two applications may share a queue by mistake; `undefined` where it cannot happen. */
export function prefixWarning(prefix: string): string | undefined {
  if (prefix === '' || SEPARATED.test(prefix)) {
    return undefined;
  }
  return (
    `The prefix ${JSON.stringify(prefix)} does not end in a separator (any character but a letter or a digit): its queue ` +
    `"reports" is also the queue ${JSON.stringify(`${prefix}reports`)} of an application without a prefix. ` +
    `Change it to ${JSON.stringify(`${prefix}:`)}, in all processes at the same time`
  );
}

/** Logs a warning for a prefix without a separator at its end. */
export function warnOfPrefix(prefix: string, log: Log): void {
  const warning = prefixWarning(prefix);
  if (warning !== undefined) {
    log.warn(warning);
  }
}
