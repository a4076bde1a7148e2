/** Maximum number of wrong letters with which a short or a longer name still counts as a misspelling. */
const MAX_WRONG_LETTERS = { short: 1, long: 2 };
const SHORT_NAME_MAX_LETTERS = 5;

/** @returns the known name that a misspelled name probably means; `undefined` where none is similar. */
export function nearestName(misspelt: string, known: Iterable<string>): string | undefined {
  const spelled = misspelt.toLowerCase();
  const most =
    spelled.length <= SHORT_NAME_MAX_LETTERS ? MAX_WRONG_LETTERS.short : MAX_WRONG_LETTERS.long;
  return [...known]
    .map((name) => ({ name, wrong: wrongLetters(spelled, name.toLowerCase()) }))
    .filter(({ wrong }) => wrong <= most)
    .toSorted((one, other) => one.wrong - other.wrong)[0]?.name;
}

/** @returns the edit distance: letters that are missing, extra, different, or swapped with the next one. */
function wrongLetters(text: string, other: string): number {
  let [before, last]: readonly number[][] = [
    [],
    Array.from({ length: other.length + 1 }, (_, column) => column),
  ];
  for (let row = 1; row <= text.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = text[row - 1] === other[column - 1];
      const isSwapped =
        row > 1 && text[row - 1] === other[column - 2] && text[row - 2] === other[column - 1];
      next[column] = Math.min(
        (last?.[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last?.[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before?.[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return last?.[other.length] ?? Infinity;
}
