import type { Log } from '../telemetry/log.js';

/** What ends a prefix so that it cannot be the beginning of a longer word: anything but a letter, an accent or a digit. */
const SEPARATED = /[^\p{L}\p{M}\p{N}]$/u;

/** @returns what to say of a prefix that makes queues of one application those of another; `undefined` = nothing. */
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

/** Says in one line what a prefix leads to that does not end in a separator. */
export function warnOfPrefix(prefix: string, log: Log): void {
  const warning = prefixWarning(prefix);
  if (warning !== undefined) {
    log.warn(warning);
  }
}
