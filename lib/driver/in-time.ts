import type { Runtime, Timer } from './runtime.js';

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @param late - what it is to come to where it takes longer.
 * @returns what the work comes to in time.
 * @throws what it fails with in time.
 */
export async function resultWithin<Result, Late>(
  ms: number,
  work: Promise<Result>,
  late: Late,
  runtime: Runtime,
): Promise<Result | Late> {
  let timer: Timer | undefined;
  const outOfTime = new Promise<Late>((resolve) => {
    timer = runtime.setTimeout(resolve, ms, late);
  });
  try {
    return await Promise.race([work, outOfTime]);
  } finally {
    runtime.clear(timer);
  }
}

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @returns whether it has ended in time.
 * @throws what it fails with in time.
 */
export const endsWithin = (
  ms: number,
  work: Promise<unknown>,
  runtime: Runtime,
): Promise<boolean> =>
  resultWithin(
    ms,
    work.then(() => true),
    false,
    runtime,
  );
