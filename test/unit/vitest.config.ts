import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Apart from the other tests: they need neither a server nor a build, and nothing looks for one. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // `decorator` in the singular: Vite ignores the plural.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    name: 'unit',
    include: ['**/*.test.ts'],
    // What they share is loaded by each of these. All other tests come behind them.
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
    // A machine that others use as well may stand still for a moment.
    testTimeout: 30_000,
    // They leave nothing behind, and most of their time is loading what they share.
    isolate: false,
  },
});
