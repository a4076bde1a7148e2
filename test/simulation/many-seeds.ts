import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Mutant } from './mutants.js';
import type { Outcome } from './simulate.js';

/** How many seeds a thread gets at a time. */
const SEEDS_AT_A_TIME = 20;

export interface SeedsToRun {
  readonly first: number;
  readonly count: number;
  /** @default the number of cores */
  readonly threads?: number;
  /** The number of failed seeds after which no other seeds are started. @default 1 */
  readonly mostFailures?: number;
  /** The bug to put into the library. */
  readonly mutant?: Mutant | undefined;
  /** Is called with how many seeds are done. */
  readonly onProgress?: (done: number) => void;
}

/** Simulates many seeds in threads. @returns the outcomes of the seeds that failed, by seed. */
export async function failuresOfMany(seeds: SeedsToRun): Promise<Outcome[]> {
  const { first, count, threads = availableParallelism(), mostFailures = 1 } = seeds;
  const failures: Outcome[] = [];
  const end = first + count;
  let next = first;
  let done = 0;
  /** @returns the next seeds to run; `undefined` where none are left. */
  const takeSome = (): { first: number; count: number } | undefined => {
    if (next >= end || failures.length >= mostFailures) {
      return undefined;
    }
    const some = { first: next, count: Math.min(SEEDS_AT_A_TIME, end - next) };
    next += some.count;
    return some;
  };
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL('./thread.mjs', import.meta.url), {
        workerData: seeds.mutant,
        // Almost everything that a seed allocates is garbage soon.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
      });
      let underway = 0;
      thread.on('message', (outcomes: Outcome[]) => {
        failures.push(...outcomes);
        done += underway;
        seeds.onProgress?.(done);
        const some = takeSome();
        if (some) {
          underway = some.count;
          // oxlint-disable-next-line unicorn/require-post-message-target-origin
          thread.postMessage({ ...some, most: mostFailures });
        } else {
          void thread.terminate();
        }
      });
      thread.once('error', reject);
      thread.once('exit', () => resolve());
    });
  await Promise.all(Array.from({ length: Math.min(threads, count) }, runThread));
  return failures.toSorted((one, other) => one.seed - other.seed).slice(0, mostFailures);
}
