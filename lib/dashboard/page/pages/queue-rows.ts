import type { QueueSnapshot } from '../../../admin/queue-snapshot.js';
import { percentile } from '../looks/counted.js';
import { CHART_MS, ratePoints, recentGrowth, type History } from '../looks/history.js';
import type { Point } from '../parts/spark-line.js';

/** A queue as the table of queues shows it. */
export interface QueueRow extends QueueSnapshot {
  /** Jobs a second that ended; `undefined` before the second look. */
  readonly rate: number | undefined;
  /** Jobs of the last minutes that failed, from 0 to 1; `undefined` for no jobs. */
  readonly failures: number | undefined;
  /** Upper bounds of durations of the last minutes, ms. */
  readonly waitP50: number | undefined;
  readonly waitP95: number | undefined;
  readonly runP50: number | undefined;
  readonly runP95: number | undefined;
  /** The rate of the last minutes. */
  readonly points: readonly Point[];
}

/** @returns the rows for a look. */
export const rowsOf = (queues: readonly QueueSnapshot[], history: History): QueueRow[] =>
  queues.map((queue) => {
    const samples = history.of(queue.queue);
    const minutes = recentGrowth(samples, CHART_MS);
    return {
      ...queue,
      rate: samples.at(-1)?.rate?.ended,
      failures: minutes && minutes.ended > 0 ? minutes.failed / minutes.ended : undefined,
      waitP50: minutes && percentile(minutes.waits, 0.5),
      waitP95: minutes && percentile(minutes.waits, 0.95),
      runP50: minutes && percentile(minutes.runs, 0.5),
      runP95: minutes && percentile(minutes.runs, 0.95),
      points: ratePoints(samples).map(({ at, ended }) => ({ at, value: ended })),
    };
  });

/** A column that rows can be sorted by. */
export type SortKey = keyof Omit<QueueRow, 'counts' | 'isPaused' | 'points'>;

/** The order of a table. */
export interface Order {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

/** @returns rows in an order; those without a value last, and the same ones by name. */
export const sorted = (rows: readonly QueueRow[], { key, isDescending }: Order): QueueRow[] =>
  rows.toSorted((one, other) => {
    const sign = isDescending ? -1 : 1;
    const byName = one.queue < other.queue ? -1 : 1;
    if (key === 'queue') {
      return sign * byName;
    }
    const difference = (one[key] ?? -1) - (other[key] ?? -1);
    return difference === 0 ? byName : sign * difference;
  });
