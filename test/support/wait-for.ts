import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds. @throws what the condition last said when it does not within `timeout` ms. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  timeout = 10_000,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`Waited ${timeout} ms for ${condition.toString()}`);
    }
    await delay(5);
  }
}
