import { defineConfig } from 'vitest/config';

export default defineConfig({
  // `decorator` in the singular: Vite ignores the plural.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/package/**'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
