import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for work, for so long at most, ms. The work itself goes on.
 * @returns whether it has ended in time.
 * @throws what it fails with in time.
 */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const { signal } = waiting;
  return Promise.race([
    work.then(() => true),
    delay(ms, false, { signal }).catch(() => false),
  ]).finally(() => waiting.abort());
}
