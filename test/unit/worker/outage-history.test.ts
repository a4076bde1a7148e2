import { describe, expect, it } from 'vitest';
import {
  MAX_RETURN_MS,
  OutageHistory,
  type Renewal,
} from '../../../lib/worker/liveness/outage-history.js';

const LEASE = 5_000;
const PATH = Symbol('a connection');

/** A renewal as all but the first one of a process are. */
const renewal = (now: number, change: Partial<Renewal> = {}): Renewal => ({
  now,
  former: 'live',
  path: PATH,
  isFirst: false,
  isBelated: false,
  ...change,
});
const first = (now: number, change: Partial<Renewal> = {}) =>
  renewal(now, { former: 'none', isFirst: true, ...change });

/** One that has renewed its lease every second from 100 s to 200 s without any trouble. */
function steady(lease = LEASE): OutageHistory {
  const outages = new OutageHistory(lease);
  outages.renewed(first(100_000));
  for (let now = 101_000; now <= 200_000; now += 1_000) {
    outages.renewed(renewal(now));
  }
  return outages;
}

it('the grace period is longer than the watchdog needs for a half-open line', () => {
  // The watchdog looks ten times, and the connection has to be replaced.
  expect(MAX_RETURN_MS).toBeGreaterThanOrEqual(12_000);
  expect(MAX_RETURN_MS).toBeLessThanOrEqual(20_000);
});

describe('a process that has seen no outage', () => {
  it('may call others lost, whatever server they used', () => {
    expect(steady().mayJudge(200_000, false)).toBe(true);
  });

  it('counts the silence of others from their last renewal', () => {
    expect(steady().silenceMs(203_000, 210_000)).toBe(12_000);
  });
});

describe.each<[string, (outages: OutageHistory) => void]>([
  [
    'its connection was replaced',
    (observer) => observer.renewed(renewal(201_000, { path: Symbol('new') })),
  ],
  [
    'a renewal had failed',
    (observer) => {
      observer.renewalFailed();
      observer.renewed(renewal(201_000));
    },
  ],
  [
    'its own lease had lapsed',
    (observer) => observer.renewed(renewal(201_000, { former: 'lapsed' })),
  ],
  ['its entry was gone', (observer) => observer.renewed(renewal(201_000, { former: 'none' }))],
  [
    'its workers were started anew on another connection',
    (observer) => observer.renewed(first(201_000, { path: Symbol('new') })),
  ],
  [
    'its workers were started anew after a failure',
    (observer) => {
      observer.renewalFailed();
      observer.renewed(first(201_000));
    },
  ],
])('a process that renews its lease again after %s', (_, trouble) => {
  it('calls others lost only after the time that a half-open line needs', () => {
    const outages = steady();
    trouble(outages);
    for (const isSameServer of [true, false]) {
      expect(outages.mayJudge(201_000, isSameServer)).toBe(false);
      expect(outages.mayJudge(201_000 + MAX_RETURN_MS - 1, isSameServer)).toBe(false);
      expect(outages.mayJudge(201_000 + MAX_RETURN_MS, isSameServer)).toBe(true);
    }
  });

  it('waits for the lease where it is longer', () => {
    const outages = steady(60_000);
    trouble(outages);
    expect(outages.mayJudge(260_999, true)).toBe(false);
    expect(outages.mayJudge(261_000, true)).toBe(true);
  });

  it('counts the silence of others from the end of the outage', () => {
    const outages = steady();
    trouble(outages);
    expect(outages.silenceMs(120_000, 202_500)).toBe(1_500);
    expect(outages.silenceMs(208_000, 210_000)).toBe(7_000);
  });

  it('waits anew only after another outage', () => {
    const outages = steady();
    trouble(outages);
    const path = Symbol('the last');
    outages.renewed(renewal(203_000, { path }));
    outages.renewed(renewal(204_000, { path }));
    expect(outages.mayJudge(203_000 + MAX_RETURN_MS - 1, true)).toBe(false);
    expect(outages.mayJudge(203_000 + MAX_RETURN_MS, true)).toBe(true);
  });

  it('still waits when its workers are restarted meanwhile', () => {
    const outages = steady();
    trouble(outages);
    const path = Symbol('the last');
    outages.renewed(renewal(202_000, { path }));
    outages.renewed(first(210_000, { path }));
    expect(outages.mayJudge(211_000, true)).toBe(false);
  });
});

it('a clock that goes back counts as an outage, and the new time counts from then on', () => {
  const outages = steady();
  outages.renewed(renewal(50_000));
  expect(outages.mayJudge(50_000, true)).toBe(false);
  expect(outages.mayJudge(50_000 + MAX_RETURN_MS, true)).toBe(true);
});

describe('a process that has just started', () => {
  it('calls workers of the same server lost at once, and others after the wait', () => {
    const outages = new OutageHistory(LEASE);
    outages.renewed(first(1_000));
    expect(outages.mayJudge(1_000, true)).toBe(true);
    expect(outages.mayJudge(1_000 + MAX_RETURN_MS - 1, false)).toBe(false);
    expect(outages.mayJudge(1_000 + MAX_RETURN_MS, false)).toBe(true);
  });

  it('counts the silence of others from its own start', () => {
    const outages = new OutageHistory(LEASE);
    outages.renewed(first(100_000));
    expect(outages.silenceMs(10_000, 103_000)).toBe(3_000);
  });

  it('waits when its first renewal failed', () => {
    const outages = new OutageHistory(LEASE);
    outages.renewalFailed();
    outages.renewed(first(1_000));
    expect(outages.mayJudge(1_000, true)).toBe(false);
  });
});

describe('a process whose event loop was blocked', () => {
  const belated = { former: 'lapsed', isBelated: true } as const;

  it('may call others lost, even when it is blocked repeatedly', () => {
    const outages = steady();
    for (let now = 210_000; now <= 300_000; now += 10_000) {
      outages.renewed(renewal(now, belated));
      expect(outages.mayJudge(now, true)).toBe(true);
    }
  });

  it('counts the silence of others from their last renewal', () => {
    const outages = steady();
    outages.renewed(renewal(210_000, belated));
    expect(outages.silenceMs(155_000, 212_000)).toBe(62_000);
  });

  it.each<[string, Partial<Renewal>]>([
    ['its connection was replaced', { path: Symbol('new') }],
    ['its entry was gone', { former: 'none' }],
  ])('waits nevertheless where %s', (_, change) => {
    const outages = steady();
    outages.renewed(renewal(210_000, { ...belated, ...change }));
    expect(outages.mayJudge(210_000, true)).toBe(false);
  });

  it('waits for the end of an earlier outage, and no longer', () => {
    const outages = steady();
    outages.renewed(renewal(201_000, { former: 'lapsed' }));
    outages.renewed(renewal(208_000, belated));
    expect(outages.mayJudge(208_000, true)).toBe(false);
    outages.renewed(renewal(215_000, belated));
    outages.renewed(renewal(222_000, belated));
    expect(outages.mayJudge(222_000, false)).toBe(true);
  });
});

describe('a process whose workers are restarted', () => {
  it('goes on where it left off', () => {
    const outages = steady();
    outages.renewed(first(202_000));
    expect(outages.mayJudge(202_000, false)).toBe(true);
  });

  it('starts anew after a time without renewals', () => {
    const outages = steady();
    outages.renewed(first(900_000));
    expect(outages.mayJudge(900_000, true)).toBe(true);
    expect(outages.mayJudge(900_000, false)).toBe(false);
    expect(outages.silenceMs(200_000, 901_000)).toBe(1_000);
  });
});
