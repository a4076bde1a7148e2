import type { Outcome } from './simulate.js';

/** @returns the report of a failed seed: the lines of its trace about what is wrong, or the whole trace, and what is wrong. */
export function reportOf(
  { seed, wrongs, trace, steps }: Outcome,
  { isWhole = false } = {},
): string {
  const lines = isWhole ? trace : linesAbout(wrongs, trace);
  return [`seed ${seed}, ${steps} steps`, ...lines, ...wrongs.map((wrong) => `-> ${wrong}`)].join(
    '\n',
  );
}

/** @returns the lines of the trace about the questions that went wrong, and about everything that is no question. */
function linesAbout(wrongs: readonly string[], trace: readonly string[]): string[] {
  const keys = new Set(wrongs.map((wrong) => wrong.split(' ', 1).join('')));
  return trace.filter((line) => {
    const [, word = ''] = line.split(' ');
    return word !== 'server:' && (!/^q\d/.test(word) || keys.has(word));
  });
}
