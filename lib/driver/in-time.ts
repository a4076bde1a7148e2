import type { Runtime, Timer } from './runtime.js';

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @returns whether it has ended in time.
 * @throws what it fails with in time.
 */
export async function endsWithin(
  ms: number,
  work: Promise<unknown>,
  runtime: Runtime,
): Promise<boolean> {
  let timer: Timer | undefined;
  const outOfTime = new Promise<boolean>((resolve) => {
    timer = runtime.setTimeout(resolve, ms, false);
  });
  return Promise.race([work.then(() => true), outOfTime]).finally(() => runtime.clear(timer));
}
