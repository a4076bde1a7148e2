import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, METRICS, SCHEMA_URL } from '../../lib/opentelemetry/attribute-names.js';

const PAGE = fileURLToPath(new URL('../../docs/observability.md', import.meta.url));

/** The published conventions, with a comment for each name. */
const PUBLISHED = dirname(
  createRequire(import.meta.url).resolve('@opentelemetry/semantic-conventions'),
);

const page = readFileSync(PAGE, 'utf8');
const isOwn = (name: string): boolean => name.startsWith('nestjs_reqrep.');
const ofConventions = [...Object.values(ATTRIBUTES), ...Object.values(METRICS)].filter(
  (name) => !isOwn(name),
);

/** @returns the names in the first column of the tables below a heading. */
function namesBelow(heading: string): Set<string> {
  const [, section = ''] = page.split(`\n### ${heading}\n`);
  const [text = ''] = section.split(/\n##/u);
  const firstColumn = [...text.matchAll(/^\|([^|]+)\|/gm)].map(([, column]) => column).join();
  return new Set(
    [...firstColumn.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, name = '']) => name),
  );
}

/** @returns the names whose comments say that another one has replaced them. */
function deprecatedNames(): Set<string> {
  const files = ['experimental', 'stable'].flatMap((kind) =>
    ['attributes', 'metrics'].map((what) => join(PUBLISHED, `${kind}_${what}.d.mts`)),
  );
  const comments = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(
      /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*declare const \w+: "(.+)";/g,
    ),
  ]);
  expect(comments.length).toBeGreaterThan(500);
  return new Set(
    comments.filter(([, text]) => text?.includes('@deprecated')).map(([, , name = '']) => name),
  );
}

describe('the names of attributes and metrics', () => {
  it('are all in the tables of the documentation, which have no others', () => {
    expect([...namesBelow('Spans')].toSorted()).toEqual(Object.values(ATTRIBUTES).toSorted());
    expect([...namesBelow('Metrics')].toSorted()).toEqual(Object.values(METRICS).toSorted());
  });

  it('are those of the published conventions, of the version that the schema names', () => {
    const manifest = readFileSync(join(PUBLISHED, '../package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { readonly version: string };
    expect(SCHEMA_URL).toBe(`https://opentelemetry.io/schemas/${version}`);
    const published = new Set<unknown>(Object.values(incubating));
    expect(ofConventions.filter((name) => !published.has(name))).toEqual([]);
  });

  it('have been replaced by no others', () => {
    const deprecated = deprecatedNames();
    expect(deprecated).toContain('messaging.system');
    expect(ofConventions.filter((name) => deprecated.has(name))).toEqual([]);
  });

  it('are stable, but those of messaging', () => {
    const names = new Set<unknown>(Object.values(stable));
    const unstable = ofConventions.filter((name) => !names.has(name));
    expect(unstable.filter((name) => !name.startsWith('messaging.'))).toEqual([]);
    expect(unstable).toEqual(ofConventions.filter((name) => name.startsWith('messaging.')));
  });
});
