import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBrowser } from '../support/browser-program.js';
import { testsOnEveryDriver, testsWithRedis } from '../support/redis-needed.js';
import { omittedWithoutRedis } from '../support/without-redis.js';

/** Path of a fetched Redis server; if it exists, there is always a Redis. */
const COMPILED_REDIS = fileURLToPath(new URL('../../node_modules/.cache/redis', import.meta.url));

beforeEach(() => {
  vi.stubEnv('PATH', '');
  vi.stubEnv('CI', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the test files that need a Redis server', () => {
  it.each([
    ['starts one', 'test/e2e/request-reply.test.ts', true],
    ['starts one by way of another helper', 'test/outages/sentinel.test.ts', true],
    ['starts its program itself', 'test/e2e/identities.test.ts', true],
    ['starts the sample', 'test/e2e/sample-web.test.ts', true],
    ['starts nothing', 'test/unit/engines.test.ts', false],
    ['only has such imports as texts', 'test/unit/architecture.test.ts', false],
  ])('classify a file that %s: %s %s', (_, file, isNeeded) => {
    expect(testsWithRedis().files.includes(file)).toBe(isNeeded);
  });
});

it('the test files that need a Redis server are not among the unit tests', () => {
  expect(testsWithRedis().files.filter((file) => file.startsWith('test/unit/'))).toEqual([]);
});

describe('the test files that hold for every driver', () => {
  it.each([
    ['has a server of either kind', 'test/e2e/request-reply.test.ts', true],
    ['looks at Redis itself', 'test/e2e/no-memory.test.ts', false],
    ['has no server', 'test/unit/engines.test.ts', false],
  ])('classify a file that %s: %s %s', (_, file, isOne) => {
    expect(testsOnEveryDriver().includes(file)).toBe(isOne);
  });
});

describe.skipIf(existsSync(COMPILED_REDIS))('without a Redis server', () => {
  it('omits these files, and says so at the end', async () => {
    const { files, reporters } = await omittedWithoutRedis();
    expect(files).toEqual(testsWithRedis().files);
    expect(reporters).toHaveLength(1);
  });

  it('fails if CI is set', async () => {
    vi.stubEnv('CI', 'true');
    await expect(omittedWithoutRedis()).rejects.toThrow(
      /^With CI set, all tests have to run, but \d+ of \d+ test files cannot: a Redis server is not/,
    );
  });
});

it('refuses a CHROME_PATH that is not a program', async () => {
  vi.stubEnv('CHROME_PATH', '/no/such/browser');
  await expect(findBrowser()).rejects.toThrow(
    'CHROME_PATH has to be the file of a Chromium or Chrome, got /no/such/browser',
  );
});
