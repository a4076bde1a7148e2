import { describe, expect, it } from 'vitest';
import type { DurationCounts } from '../../../lib/admin/duration-counts.js';
import type { QueueSnapshot } from '../../../lib/admin/queue-snapshot.js';
import { percentile } from '../../../lib/dashboard/page/looks/counted.js';
import {
  CHART_MS,
  History,
  ratePoints,
  recentGrowth,
} from '../../../lib/dashboard/page/looks/history.js';

const durations = (sum: number, ...counts: number[]): DurationCounts => ({
  sum,
  buckets: [10, 100, undefined].map((upTo, index) => ({ upTo, count: counts[index] ?? 0 })),
});

function queue(done: number, others: Partial<QueueSnapshot['counts']> = {}): QueueSnapshot {
  const counts = {
    done,
    failed: 0,
    expired: 0,
    cancelled: 0,
    redelivered: 0,
    runs: durations(0),
    waits: durations(0),
    ...others,
  };
  const state = { waiting: 0, age: 0, running: 0, workers: 1, dead: 0, isPaused: false };
  return { queue: 'jobs', ...state, counts };
}

function historyOf(...looks: readonly (readonly [at: number, queue: QueueSnapshot])[]): History {
  const history = new History();
  for (const [at, each] of looks) {
    history.add({ at, queues: [each] });
  }
  return history;
}

describe('the history of a queue', () => {
  it('tells nothing before the second look', () => {
    const samples = historyOf([1_000, queue(5)]).of('jobs');
    expect(recentGrowth(samples)).toBeUndefined();
    expect(ratePoints(samples)).toEqual([]);
  });

  it('tells jobs a second of the last 10 seconds', () => {
    const looks = [0, 5_000, 10_000, 15_000].map((at) => [at, queue(at / 100)] as const);
    const growth = recentGrowth(historyOf(...looks).of('jobs'));
    expect(growth).toMatchObject({ seconds: 10, done: 100, ended: 100, failed: 0 });
  });

  it('counts failed, expired and cancelled jobs among those that ended', () => {
    const after = queue(1, { failed: 2, expired: 3, cancelled: 4 });
    const growth = recentGrowth(historyOf([0, queue(0)], [1_000, after]).of('jobs'));
    expect(growth).toMatchObject({ ended: 10, failed: 2 });
  });

  it('shows no negative rates after counts were forgotten', () => {
    const samples = historyOf([0, queue(900)], [1_000, queue(2)]).of('jobs');
    expect(ratePoints(samples)).toMatchObject([{ at: 1_000, ended: 0 }]);
  });

  it('counts the rate of a look once, however often it is drawn', () => {
    const history = historyOf([0, queue(0)], [1_000, queue(5)]);
    const [before] = ratePoints(history.of('jobs'));
    history.add({ at: 2_000, queues: [queue(7)] });
    const points = ratePoints(history.of('jobs'));
    expect(points[0]).toBe(before);
    expect(points.map(({ ended }) => ended)).toEqual([5, 3.5]);
  });

  it('forgets what no chart shows, and queues that are gone', () => {
    const history = historyOf([0, queue(0)], [2 * CHART_MS, queue(1)]);
    expect(history.of('jobs').map(({ at }) => at)).toEqual([2 * CHART_MS]);
    history.add({ at: 2 * CHART_MS + 1, queues: [] });
    expect(history.of('jobs')).toEqual([]);
  });

  it('tells the mean and percentiles of durations', () => {
    const before = queue(0, { runs: durations(1_000, 50, 50, 0) });
    const after = queue(0, { runs: durations(1_400, 56, 53, 1) });
    const growth = recentGrowth(historyOf([0, before], [1_000, after]).of('jobs'));
    expect(growth?.runs.mean).toBe(40);
    expect([0.5, 0.9, 0.95].map((share) => growth && percentile(growth.runs, share))).toEqual([
      10,
      100,
      Infinity,
    ]);
    expect(growth && percentile(growth.waits, 0.5)).toBeUndefined();
  });
});
