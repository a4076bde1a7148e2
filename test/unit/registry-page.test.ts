import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const prose = readme.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** As GitHub and the registry name them. */
const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(
  ([, title = '']) =>
    '#' +
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
);

describe("the registry's page", () => {
  it('has links and pictures to find', () => {
    expect(targets).toContain('bench/results.svg');
    expect(targets).toContain('#the-dead-list');
  });

  // The registry resolves what is relative against the repository that package.json names.
  it.each(targets)('leads to %s', (target) => {
    if (target.startsWith('#')) {
      expect(anchors).toContain(target);
    } else if (target.includes(':')) {
      expect(new URL(target).protocol).toBe('https:');
    } else {
      expect(target).not.toMatch(/^\.{0,2}\//);
      expect(existsSync(join(root, target.split('#')[0] ?? '')), target).toBe(true);
    }
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
