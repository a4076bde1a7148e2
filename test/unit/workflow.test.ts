import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const { intersects, minVersion } = require('semver') as {
  intersects(range: string, other: string): boolean;
  minVersion(range: string): { readonly major: number };
};

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const workflow = read('.github/workflows/ci.yml');
const manifest = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};

/** The major versions of Node that the workflow installs. */
const nodes = [...workflow.matchAll(/node(?:-version)?: \[?([\d, ]+)/g)].flatMap(([, list = '']) =>
  list.split(',').map(Number).filter(Boolean),
);

it.each([
  ['the workflow', workflow],
  ['.ci/run', read('.ci/run')],
])('%s runs scripts that package.json has', (_, text) => {
  const scripts = [...text.matchAll(/npm (?:run (?:--silent )?)?([\w:]+)/g)]
    .map(([, script = '']) => script)
    .filter((script) => !['ci', 'publish'].includes(script));
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
});

it('the workflow tries Nodes that package.json allows, the oldest among them', () => {
  const { node } = manifest.engines;
  const tried = [...new Set(nodes)].toSorted((a, b) => a - b);
  expect(tried).toEqual([20, 22, 24, 26]);
  expect(tried.filter((major) => !intersects(`${major}.x`, node))).toEqual([]);
  expect(tried).toContain(minVersion(node).major);
});

it('the workflow publishes only what everything else has passed', () => {
  const jobs = [...workflow.matchAll(/^ {2}(\w+):$/gm)].map(([, name = '']) => name);
  const [, needs = ''] = workflow.match(/needs: \[(.+)\]/) ?? [];
  const others = jobs.slice(jobs.indexOf('all')).filter((name) => name !== 'publish');
  expect(needs.split(', ')).toEqual(others);
  expect(workflow).toContain('npm publish --provenance');
});
