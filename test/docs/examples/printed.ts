import type { ExampleFile } from './doc-page.js';

/** A line that prints, the text that it says is printed, and the comments right below it, which say what it prints next. */
const PRINTING: Readonly<Record<string, RegExp>> = {
  ts: /console\.log\(.*? \/\/ (.+)\n((?: *\/\/ .+\n)*)/g,
  py: /\bprint\(.*?  # (.+)\n((?: *# .+\n)*)/g,
};

/** What an example says it prints, line by line; nothing where it is not to be run. */
export function promisedLines({ name, text }: ExampleFile): string[] {
  const pattern = PRINTING[name.split('.').at(-1) ?? ''];
  return pattern === undefined
    ? []
    : [...text.matchAll(pattern)].flatMap(([, first = '', below = '']) => [
        first,
        ...below
          .split('\n')
          .map((line) => line.replace(/^ *(?:\/\/|#) /, ''))
          .filter((line) => line !== ''),
      ]);
}

/** What an example has printed itself: without the log of Nest, which goes to the same place. */
export const printedLines = (stdout: string): string[] =>
  stdout.split('\n').filter((line) => line !== '' && !line.startsWith('[Nest] '));
