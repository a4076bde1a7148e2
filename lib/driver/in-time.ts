import type { Runtime, Timer } from './runtime.js';

/**
 * Waits for work for `ms` at most. The work itself continues.
 * @param lateResult - the result if the work takes longer.
 * @param ref - whether the timer keeps the process alive; default `true`.
 * @returns the result of the work if it is in time.
 * @throws the error of the work if it is in time.
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
 * Waits for work for `ms` at most. The work itself continues.
 * @param options - the same as for {@link resultWithin}.
 * @returns whether the work ended in time.
 * @throws the error of the work if it is in time.
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
