import { defineConfig } from 'vitest/config';
import { omittedWithoutRedis } from './test/support/without-redis.js';

export default defineConfig(async () => {
  const omitted = await omittedWithoutRedis();
  return {
    // `decorator` in the singular: Vite ignores the plural.
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    test: {
      include: ['test/**/*.test.ts'],
      exclude: ['test/package/**', ...omitted.files],
      reporters: ['default', ...omitted.reporters],
      globalSetup: ['test/support/build.ts'],
      // Most tests wait for something most of the time.
      maxWorkers: 2,
      testTimeout: 30_000,
      hookTimeout: 30_000,
    },
  };
});
