import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { few, findWrongs } from '../chaos/verdict.js';
import type { Story } from '../chaos/ledger.js';
import { useSentinel, type TestSentinel } from '../support/sentinel.js';
import { Site } from './site.js';

/** Load before the primary is lost. */
const LOAD_BEFORE_MS = 2_000;
/** Load after the primary was replaced. */
const LOAD_AFTER_MS = 3_000;

/** Maximum age of writes that a lost primary may not have replicated. */
const REPLICATION_DELAY_MS = 100;

const TIMEOUT_MS = 25_000;

/** 300 requests a second: three every 10 ms. */
class Load {
  private turns = 0;
  private readonly timer = setInterval(() => this.turn(), 10);

  constructor(private readonly site: Site) {}

  stop(): void {
    clearInterval(this.timer);
  }

  private turn(): void {
    const turn = this.turns++;
    this.ask({ ms: 5 });
    this.ask({ ms: 20, isOnce: true });
    this.ask(
      turn % 20 === 0
        ? { stream: { count: 50, ms: 20 } }
        : { ms: turn % 10 === 0 ? 500 : 0, length: turn % 7 === 0 ? 20_000 : 0 },
    );
  }

  private ask(question: Parameters<Site['ask']>[1]): void {
    this.site.ask('request', { ...question, timeout: TIMEOUT_MS });
  }
}

/** Maximum time without a reply after a forced failover with two replicas, ms. */
const MAX_FORCED_MS = 2_000;

/**
 * Maximum time without a reply while a live primary and its replica change places, ms: less than the sentinels take to make a replica of
 * the former primary, on which connections stay until then if they do not follow the sentinels.
 */
const MAX_SWAP_MS = 6_000;

interface Outcome {
  readonly stories: ReadonlyMap<string, Story>;
  /** Time without a reply, ms. */
  readonly silence: number;
  /** Time of the last reply before the gap. */
  readonly lostAt: number;
}

/** Loses the primary under load, and prints how long no reply arrived. */
async function underLoad(
  name: string,
  { connection }: TestSentinel,
  lose: () => Promise<void>,
): Promise<Outcome> {
  const site = await Site.open(connection, 4);
  const load = new Load(site);
  onTestFinished(() => load.stop());
  await delay(LOAD_BEFORE_MS);
  await lose();
  await site.answered(100);
  await delay(LOAD_AFTER_MS);
  load.stop();
  await site.end();
  const { stories } = site;
  const all = [...stories.values()];
  const completed = all.filter(({ ends }) => ends[0] === 'complete');
  const silence = longestSilence(completed);
  process.stdout.write(
    `${name}: ${all.length} requests, no replies for ${silence.to - silence.from} ms, ` +
      `${all.length - completed.length} lost, ${all.filter(({ runs }) => runs.length > 1).length} run twice\n`,
  );
  return { stories, silence: silence.to - silence.from, lostAt: silence.from };
}

function longestSilence(stories: readonly Story[]): { readonly from: number; readonly to: number } {
  const times = stories.map(({ ended = 0 }) => ended).toSorted((one, other) => one - other);
  const silences = times.map((to, index) => ({ from: times[index - 1] ?? to, to }));
  return silences.reduce((longest, silence) =>
    silence.to - silence.from > longest.to - longest.from ? silence : longest,
  );
}

/**
 * Leaves out what the old primary did last: a push, a take, a value or a settle that no replica heard of is lost with it, as
 * README says.
 */
function certain({ stories, lostAt }: Outcome): ReadonlyMap<string, Story> {
  const isLate = (at: number | undefined): boolean =>
    at !== undefined && Math.abs(at - lostAt) < REPLICATION_DELAY_MS;
  const isUncertain = ({ sent, pushed, runs, ended, values }: Story): boolean =>
    [sent, pushed, ended, ...runs.map(({ at }) => at)].some(isLate) ||
    (values !== undefined && sent < lostAt && (ended ?? Infinity) > lostAt);
  const those = new Map([...stories].filter(([, story]) => !isUncertain(story)));
  expect(those.size).toBeGreaterThan(stories.size - 150);
  return those;
}

/**
 * Leaves out jobs with `maxDeliveries: 1` whose push was not confirmed when the connections left the old primary: these are not pushed
 * again.
 */
const confirmed = ({ stories }: Outcome): ReadonlyMap<string, Story> =>
  new Map([...stories].filter(([, { isOnce, pushed }]) => !isOnce || pushed !== undefined));

describe('a primary that is killed', () => {
  const sentinel = useSentinel({ replicas: 2 });

  it('is replaced, and no job is lost or run twice', async () => {
    const outcome = await underLoad('SIGKILL of the primary', sentinel, async () => {
      const primary = await sentinel.primary();
      await primary.kill();
      await sentinel.replaced(primary);
    });
    expect(wrongsOf(certain(outcome))).toEqual([]);
  }, 120_000);
});

describe('a primary that swaps roles with its replica after writes were paused', () => {
  const sentinel = useSentinel({ replicas: 2 });

  it('loses no job that it had confirmed, and runs none twice', async () => {
    const outcome = await underLoad('SENTINEL FAILOVER after a pause', sentinel, () =>
      sentinel.plannedFailover(),
    );
    expect(wrongsOf(confirmed(outcome))).toEqual([]);
    expect(outcome.silence).toBeLessThan(MAX_SWAP_MS);
  }, 120_000);
});

describe('a primary that swaps roles with one of two replicas', () => {
  const sentinel = useSentinel({ replicas: 2 });

  it('is left as soon as the Sentinels tell it', async () => {
    const outcome = await underLoad('SENTINEL FAILOVER, two replicas', sentinel, () =>
      sentinel.failover(),
    );
    expect(outcome.silence).toBeLessThan(MAX_FORCED_MS);
  }, 120_000);
});

describe.runIf(process.env['OUTAGES'] === 'full')(
  'a primary that changes places with its replica',
  () => {
    // The old primary must not take jobs that are lost with it, while some connections still lead there.
    const sentinel = useSentinel({ replicas: 1, settings: { 'min-replicas-to-write': '1' } });

    it('loses only jobs that were not replicated', async () => {
      const outcome = await underLoad('SENTINEL FAILOVER', sentinel, () => sentinel.failover());
      expect(wrongsOf(certain(outcome))).toEqual([]);
    }, 120_000);
  },
);

function wrongsOf(stories: ReadonlyMap<string, Story>): string[] {
  return few([
    ...findWrongs(stories, { faults: [] }),
    ...[...stories.values()]
      .filter(({ ends }) => ends[0] !== 'complete')
      .map(({ key, ends }) => `${key} ended with ${ends.join(' and ')}`),
  ]);
}
