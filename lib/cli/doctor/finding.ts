/**
 * How much a finding matters:
 *
 * - `ok`: nothing to do
 * - `note`: a choice that has consequences
 * - `problem`: it will do harm
 */
export type FindingLevel = 'ok' | 'note' | 'problem';

/** What a check has found. */
export interface Finding {
  readonly level: FindingLevel;
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** What was found, and what comes of it. */
  readonly text: string;
  /** What to do; left out where there is nothing to do. */
  readonly mend?: string;
  /** The server that it was found on, where there are several. */
  readonly server?: string;
}

/** Makes the findings of one check. */
export const findingsOf = (
  check: string,
): Readonly<Record<FindingLevel, (text: string, mend?: string) => Finding>> => {
  const make =
    (level: FindingLevel) =>
    (text: string, mend?: string): Finding => ({
      level,
      check,
      text,
      ...(mend === undefined ? {} : { mend }),
    });
  return { ok: make('ok'), note: make('note'), problem: make('problem') };
};
