import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const { subset } = require('semver') as { subset(inner: string, outer: string): boolean };

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));

const manifest = read('package.json') as {
  readonly engines: { readonly node: string };
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
const { packages } = read('package-lock.json') as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
/** Optional ones are left out by npm, without a word, where they do not fit. */
const installed = Object.entries(packages).filter(([path, { optional }]) => path && !optional);

it('installs without a warning on each Node that package.json names', () => {
  const unfit = installed.filter(
    ([, { engines }]) => engines?.node && !subset(manifest.engines.node, engines.node),
  );
  expect(unfit.map(([path, { engines }]) => `${path} needs ${engines?.node}`)).toEqual([]);
});

it('installs nothing that its authors have given up', () => {
  expect(installed.filter(([, { deprecated }]) => deprecated).map(([path]) => path)).toEqual([]);
});

it('says of each install script whether it may run', () => {
  const scripted = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace('node_modules/', ''));
  expect(Object.keys(manifest.allowScripts)).toEqual(scripted);
});
