import type { Outcome } from './run.js';

/** @returns what a failed seed has to show: what is about what went wrong, or all that happened. */
export function storyOf({ seed, wrongs, trace, steps }: Outcome, { isWhole = false } = {}): string {
  const lines = isWhole ? trace : linesAbout(wrongs, trace);
  return [`seed ${seed}, ${steps} steps`, ...lines, ...wrongs.map((wrong) => `-> ${wrong}`)].join(
    '\n',
  );
}

/** @returns the lines of the trace that tell of what went wrong. */
function linesAbout(wrongs: readonly string[], trace: readonly string[]): string[] {
  const keys = new Set(wrongs.map((wrong) => wrong.split(' ', 1).join('')));
  return trace.filter((line) => {
    const [, word = ''] = line.split(' ');
    return word !== 'server:' && (!/^q\d/.test(word) || keys.has(word));
  });
}
