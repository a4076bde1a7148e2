import { defineConfig } from 'vitest/config';
import { testsOnEveryDriver } from './test/support/redis-needed.js';
import { SlowFirst } from './test/support/slow-first.js';
import { omittedWithoutRedis } from './test/support/without-redis.js';

/** The e2e tests that run on a Cluster as well. */
const ON_CLUSTER = [
  'admin',
  'admin-pause',
  'admin-processes',
  'admin-removal',
  'cancellation',
  'closing',
  'concurrency',
  'core',
  'dead-letters',
  'isolation',
  'limits',
  'ping',
  'processes',
  'recovery',
  'request-ends',
  'request-reply',
  'shutdown',
  'streams',
  'timeouts',
].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig(async () => {
  const omitted = await omittedWithoutRedis();
  // The compatibility run leaves some out.
  const omittedByCaller = process.env['OMITTED_TESTS']?.split(',') ?? [];
  return {
    // `decorator` in the singular: Vite ignores the plural.
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    test: {
      reporters: ['default', ...omitted.reporters],
      // Most tests wait for something most of the time.
      maxWorkers: 4,
      sequence: { sequencer: SlowFirst },
      projects: [
        'test/unit/vitest.config.ts',
        {
          extends: true as const,
          // Without a server and without a build: what holds for every driver, and what is about memory.
          test: {
            name: 'memory',
            include: [...testsOnEveryDriver(), 'test/memory/*.test.ts'],
            // The page of the dashboard, which a build makes else.
            globalSetup: ['lib/dashboard/pack-page.mjs'],
            isolate: false,
            // With the unit tests; all that have servers come behind them.
            maxWorkers: 2,
            sequence: { groupOrder: 0 },
            provide: { server: 'memory' as const },
            // As those with servers: most of them go by real time.
            retry: process.env['CI'] ? 1 : 0,
            testTimeout: 30_000,
          },
        },
        {
          extends: true as const,
          test: {
            name: 'simulation',
            sequence: { groupOrder: 1 },
            include: ['test/simulation/*.test.ts'],
            testTimeout: 120_000,
          },
        },
        {
          extends: true as const,
          test: {
            name: 'servers',
            sequence: { groupOrder: 1 },
            include: ['test/**/*.test.ts'],
            exclude: [
              'test/package/**',
              'test/simulation/**',
              'test/unit/**',
              'test/memory/**',
              ...omitted.files,
              ...omittedByCaller,
            ],
            globalSetup: ['test/support/build.ts'],
            // A machine that others use as well may stand still for a moment; what was tried twice is said.
            retry: process.env['CI'] ? 1 : 0,
            testTimeout: 30_000,
            hookTimeout: 30_000,
          },
        },
        {
          extends: true as const,
          test: {
            name: 'cluster',
            sequence: { groupOrder: 1 },
            include: ON_CLUSTER,
            exclude: [...omitted.files, ...omittedByCaller],
            globalSetup: ['test/support/build.ts'],
            provide: { server: 'cluster' as const },
            retry: process.env['CI'] ? 1 : 0,
            testTimeout: 30_000,
            hookTimeout: 30_000,
          },
        },
      ],
    },
  };
});
