import { defineConfig } from 'vitest/config';

/** Apart from the other tests: it installs packages, and takes its time. */
export default defineConfig({
  test: {
    globalSetup: ['test/package/pack.ts'],
    include: ['test/package/**/*.test.ts'],
    // All of them wait for npm most of the time.
    maxWorkers: 4,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
