import type { Runtime, Timer } from './runtime.js';

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @param lateResult - what it is to come to where it takes longer.
 * @param ref - whether that keeps the process from ending; it does unless given.
 * @returns what the work comes to in time.
 * @throws what it fails with in time.
 */
export async function resultWithin<Result, Late>(
  ms: number,
  work: Promise<Result>,
  lateResult: Late,
  runtime: Runtime,
  { ref = true } = {},
): Promise<Result | Late> {
  let timer: Timer | undefined;
  const timedOut = new Promise<Late>((resolve) => {
    timer = runtime.setTimeout(resolve, ms, lateResult);
    if (!ref) {
      timer.unref();
    }
  });
  try {
    return await Promise.race([work, timedOut]);
  } finally {
    runtime.clear(timer);
  }
}

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @param options - as for {@link resultWithin}.
 * @returns whether it has ended in time.
 * @throws what it fails with in time.
 */
export const endsWithin = (
  ms: number,
  work: Promise<unknown>,
  runtime: Runtime,
  options?: { ref?: boolean },
): Promise<boolean> =>
  resultWithin(
    ms,
    work.then(() => true),
    false,
    runtime,
    options,
  );
