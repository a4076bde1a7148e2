import { beforeRetry } from './before-retry.js';
import type { Driver } from './driver.js';
import type { Operation } from './operation.js';
import { isRefusal } from './refusal.js';

/** Implements {@link Driver.runUntilAnswered} for any kind of line. */
export async function runUntilAnswered<Input, Output>(
  driver: Pick<Driver, 'commands' | 'ready' | 'runtime'>,
  operation: Operation<Input, Output>,
  input: Input,
): Promise<Output> {
  for (;;) {
    await driver.ready();
    try {
      return await driver.commands.run(operation, input);
    } catch (error) {
      if (isRefusal(error)) {
        throw error;
      }
      await beforeRetry(error, driver.runtime);
    }
  }
}
