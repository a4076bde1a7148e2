import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { markdownFile } from '../docs/markdown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const { targets } = markdownFile(join(root, 'README.md'));

/** As long as somebody reads who looks for a library. */
const MOST_LINES = 180;

describe("the registry's page", () => {
  it('is read in three minutes', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });

  // The registry resolves what is relative against the repository that package.json names.
  it('has links and pictures that the registry can resolve', () => {
    expect(targets).toContain('docs/images/sample.png');
    expect(targets.filter((target) => /^(\.{0,2}\/|http:)/.test(target))).toEqual([]);
  });

  it('names one repository', () => {
    const [, repository] = /^git\+(https:\/\/github\.com\/[^/]+\/[^/]+)\.git$/.exec(
      manifest.repository.url,
    ) ?? [undefined, ''];
    expect(repository.split('/').at(-1)).toBe(manifest.name);
    expect(manifest.homepage).toBe(`${repository}#readme`);
    expect(manifest.bugs.url).toBe(`${repository}/issues`);
    expect(readFileSync(join(root, 'LICENSE'), 'utf8')).toContain(manifest.author);
  });
});
