import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LIBRARY_VERSION } from '../../lib/protocol/library-version.js';

it('the version that workers tell is that of the package', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(LIBRARY_VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
});
