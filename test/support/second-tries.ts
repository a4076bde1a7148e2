import { beforeEach } from 'vitest';

/**
 * Empties a server before a test that failed is tried again, so that it meets no keys of its first try. Tests that run beside others
 * use keys of their own.
 */
export const emptyForSecondTries = (flush: () => Promise<unknown>): void =>
  beforeEach(async ({ task }) => {
    if (task.result?.retryCount && !task.concurrent) {
      await flush();
    }
  });
