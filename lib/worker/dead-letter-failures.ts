/** Which jobs become dead letters where their handler throws: `emits`, which nobody hears of, `all`, requests as well, or `none`. */
export type DeadLetterFailures = 'emits' | 'all' | 'none';

/** @internal */
export const DEAD_LETTER_FAILURES: readonly DeadLetterFailures[] = ['emits', 'all', 'none'];
