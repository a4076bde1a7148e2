import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { few, findWrongs } from '../chaos/verdict.js';
import type { Story } from '../chaos/ledger.js';
import { useSentinel } from '../support/sentinel.js';
import { Site } from './site.js';

/** ms. */
const BEFORE = 2_000;
/** ms. */
const AFTER = 3_000;

/** How long a write may take to the replicas; what a primary takes with it when it dies is younger, ms. */
const REPLICATION_DELAY = 100;

const TIMEOUT = 40_000;

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
    this.site.ask('request', { ...question, timeout: TIMEOUT });
  }
}

/** @returns all that was asked around the loss of the primary, and prints for how long nobody had a reply. */
async function underLoad(
  name: string,
  connection: object,
  lose: () => Promise<void>,
): Promise<{ stories: ReadonlyMap<string, Story>; lostAt: number }> {
  const site = await Site.open(connection, 4);
  const load = new Load(site);
  await delay(BEFORE);
  const lostAt = Date.now();
  await lose();
  await site.answered(100);
  await delay(AFTER);
  load.stop();
  await site.end();
  const { stories } = site;
  const all = [...stories.values()];
  const count = (end: string): number => all.filter(({ ends }) => ends[0] === end).length;
  process.stdout.write(
    `${name}: ${all.length} requests, no replies for ${longestSilence(all)} ms, ` +
      `${all.length - count('complete')} lost, ${all.filter(({ runs }) => runs.length > 1).length} run twice\n`,
  );
  return { stories, lostAt };
}

function longestSilence(stories: readonly Story[]): number {
  const times = stories
    .filter(({ ends }) => ends[0] === 'complete')
    .map(({ ended = 0 }) => ended)
    .toSorted((one, other) => one - other);
  return Math.max(...times.map((time, index) => time - (times[index - 1] ?? time)));
}

describe('a primary that is killed', () => {
  const sentinel = useSentinel({ replicas: 2 });

  it('is replaced without anything lost or run twice', async () => {
    const { stories, lostAt } = await underLoad(
      'SIGKILL of the primary',
      sentinel.connection,
      async () => {
        const primary = await sentinel.primary();
        await primary.kill();
        await sentinel.replaced(primary);
      },
    );
    // What the primary did not tell its replicas any more is lost with it, as README says: a push, a take or a settle.
    const touched = ({ sent, pushed = 0, runs, ended = 0 }: Story): boolean =>
      [sent, pushed, ended, ...runs.map(({ at }) => at)].some(
        (at) => at > lostAt - REPLICATION_DELAY && at < lostAt + REPLICATION_DELAY,
      );
    const certain = new Map([...stories].filter(([, story]) => !touched(story)));
    expect(certain.size).toBeGreaterThan(stories.size - 200);
    expect(wrongsOf(certain)).toEqual([]);
  }, 120_000);
});

describe('a primary that changes places with its replica', () => {
  // The old primary must not take what nobody hears of while sentinels still send some to it.
  const sentinel = useSentinel({ replicas: 1, settings: { 'min-replicas-to-write': '1' } });

  it('does so without anything lost or run twice', async () => {
    const { stories } = await underLoad('SENTINEL FAILOVER', sentinel.connection, () =>
      sentinel.failover(),
    );
    expect(wrongsOf(stories)).toEqual([]);
  }, 120_000);
});

function wrongsOf(stories: ReadonlyMap<string, Story>): string[] {
  return few([
    ...findWrongs(stories, { faults: [] }),
    ...[...stories.values()]
      .filter(({ ends }) => ends[0] !== 'complete')
      .map(({ key, ends }) => `${key} ended with ${ends.join(' and ')}`),
  ]);
}
