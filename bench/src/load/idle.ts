import { setTimeout as delay } from 'node:timers/promises';
import type { LoadResult } from './load-result.js';

/** Nothing is asked for so long. */
export async function stayIdle(ms: number): Promise<LoadResult> {
  await delay(ms);
  return { count: 0, elapsed: ms };
}
