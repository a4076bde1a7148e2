import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf, markdownFile } from './markdown.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].filter((file) => existsSync(join(ROOT, file)));

/** @returns what is wrong with a link; `undefined` where it leads to a file, a heading or another host. */
function mistakeOf(target: string, file: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/.test(target)) {
    return /^(https:\/\/|mailto:)/.test(target) && URL.canParse(target)
      ? undefined
      : `${target}: expected an address of https: or mailto:`;
  }
  const [path = '', anchor] = target.split('#');
  const linked = path === '' ? file : resolve(dirname(file), path);
  if (!linked.startsWith(ROOT) || !existsSync(linked)) {
    return `${target}: there is no such file`;
  }
  return anchor === undefined || markdownFile(linked).anchors.has(anchor)
    ? undefined
    : `${target}: the file has no such heading`;
}

describe('links lead to files and headings that exist', () => {
  it.each(FILES)('%s', (name) => {
    const file = join(ROOT, name);
    const mistakes = markdownFile(file).targets.map((target) => mistakeOf(target, file));
    expect(mistakes.filter((mistake) => mistake !== undefined)).toEqual([]);
  });
});

it('anchors are those of GitHub', () => {
  const headings = ['Über `a.b`, c & d!', 'Errors', 'Errors', 'Errors-1', '[x_y](z)  w'];
  expect([...anchorsOf(headings)]).toEqual([
    'über-ab-c--d',
    'errors',
    'errors-1',
    'errors-1-1',
    'x_y--w',
  ]);
});
