import type { QueueSnapshot } from '../../../admin/queue-snapshot.js';
import type { QueuesLook } from '../../dashboard-api.js';
import { growthBetween, type Counted, type Growth } from './counted.js';

/** The time that charts show, ms. */
export const CHART_MS = 120_000;

/** Workers report their counts every few seconds: shorter windows would show rates that jump. */
const RATE_WINDOW_MS = 10_000;

/** A queue at a moment. */
export interface Sample extends QueueSnapshot {
  readonly at: number;
  /** What happened in the seconds before; `undefined` for the first sample. */
  readonly rate: RatePoint | undefined;
}

/** A point of a chart. */
export interface RatePoint {
  readonly at: number;
  /** Jobs a second that ended. */
  readonly ended: number;
  /** Jobs a second that failed. */
  readonly failed: number;
  /** Mean times of the moments before, ms. */
  readonly meanRun: number | undefined;
  readonly meanWait: number | undefined;
}

/** The last minutes of all queues, as this page has seen them. */
export class History {
  readonly #samples = new Map<string, Sample[]>();

  /** Adds a look, and forgets what is too old and queues that are gone. */
  add({ at, queues }: QueuesLook): void {
    const known = new Set(queues.map(({ queue }) => queue));
    for (const queue of this.#samples.keys()) {
      if (!known.has(queue)) {
        this.#samples.delete(queue);
      }
    }
    for (const queue of queues) {
      const samples = this.of(queue.queue);
      const kept = samples.filter((each) => each.at >= at - CHART_MS - RATE_WINDOW_MS);
      const sample = { ...queue, at };
      // Counted once: hundreds of queues are drawn with each look.
      const growth = recentGrowth([...kept, sample]);
      this.#samples.set(queue.queue, [
        ...kept,
        { ...sample, rate: growth && ratePoint(at, growth) },
      ]);
    }
  }

  /** @returns what was seen of a queue, the newest last. */
  of(queue: string): readonly Sample[] {
    return this.#samples.get(queue) ?? [];
  }
}

/** @returns what happened in the last seconds of some samples; `undefined` before the second one. */
export function recentGrowth(
  samples: readonly Counted[],
  windowMs: number = RATE_WINDOW_MS,
): Growth | undefined {
  const last = samples.at(-1);
  const first = last && samples.find(({ at }) => at >= last.at - windowMs);
  return first && first.at < last.at ? growthBetween(first, last) : undefined;
}

/** @returns a point for each sample but the first, each about the seconds before. */
export const ratePoints = (samples: readonly Sample[]): RatePoint[] =>
  samples.flatMap(({ rate }) => rate ?? []);

const ratePoint = (at: number, { seconds, ended, failed, runs, waits }: Growth): RatePoint => ({
  at,
  ended: ended / seconds,
  failed: failed / seconds,
  meanRun: runs.mean,
  meanWait: waits.mean,
});
