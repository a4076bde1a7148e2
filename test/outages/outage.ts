import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Story } from '../chaos/ledger.js';
import { Proxy } from '../chaos/proxy.js';
import { few, findWrongs, type Fault } from '../chaos/verdict.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { Site } from './site.js';

/**
 * `OUTAGES=full` for all lengths and several in a row; `OUTAGES=30` for one of that length; else one short one, which is longer
 * than a lease nonetheless.
 */
const { OUTAGES = '4' } = process.env;
const isFull = OUTAGES === 'full';
const SECONDS = isFull ? [8, 30, 90] : [Number(OUTAGES)];
const TIMES = isFull ? 3 : 1;

/** Default lease of a worker, for outages that are longer than the lease. */
const LONGEST_LEASE = 5_000;

/** Time between two outages. */
const PAUSE = 2_000;

/** How long after an outage all requests may take to end. */
const AFTERMATH = 30_000;

const tell = ({ key, sent, pushed, ends, ended, runs }: Story): string =>
  `${key} ended with ${ends.join(' and ')}: ${JSON.stringify({ sent, pushed, runs, ended })}`;

/** How long the sender may not notice a lost connection. */
const UNNOTICED = 500;

/** One kind of outage. */
export interface Outage {
  readonly name: string;
  /** Whether the requester notices the outage late, so that its pushes are unconfirmed and may be repeated. */
  readonly isSilent?: boolean;
  /** Whether the short form kills a worker, too, which doubles its duration. */
  readonly isDeadly?: boolean;
  /** Module options of the workers. @default none */
  readonly options?: object;
  begin(redis: RestartableRedis, proxy: Proxy): Promise<void> | void;
  end(redis: RestartableRedis, proxy: Proxy): Promise<void> | void;
}

/** Defines the tests that check the guarantees of the library under one kind of outage. */
export function testOutage(outage: Outage): void {
  it.each(SECONDS)(
    `${outage.name} for %d s: nothing is lost, and nothing runs twice`,
    (seconds) => new OutageTest(outage, seconds * 1_000).run(),
    TIMES * (SECONDS.at(-1) ?? 0) * 2_000 + 4 * AFTERMATH,
  );
}

class OutageTest {
  private readonly faults: Fault[] = [];

  constructor(
    private readonly outage: Outage,
    private readonly duration: number,
  ) {}

  /** Timeout that is long enough for all remaining outages. */
  private get timeout(): number {
    return TIMES * (this.duration + 10_000) + AFTERMATH;
  }

  async run(): Promise<void> {
    const redis = await RestartableRedis.start();
    onTestFinished(() => redis.stop());
    const proxy = await Proxy.before(redis.port);
    onTestFinished(() => proxy.close());
    const lease = Math.min(LONGEST_LEASE, this.duration / 2);
    const site = await Site.open(proxy.url, 5, { lease, ...this.outage.options });
    for (let time = 1; time <= TIMES; time++) {
      await this.prepare(site, `${time} before`);
      const fault: Fault = {
        name: this.outage.name,
        costs: this.outage.isSilent ? 'line' : 'time',
        from: Date.now(),
        to: Infinity,
      };
      this.faults.push(fault);
      await this.outage.begin(redis, proxy);
      await this.goOn(site, `${time} during`, isFull ? time === TIMES : this.outage.isDeadly);
      await this.outage.end(redis, proxy);
      fault.to = Date.now();
      await delay(PAUSE);
    }
    const back = Date.now() - PAUSE;
    await site.end();
    this.judge([...site.stories.values()], back);
    expect(few(findWrongs(site.stories, { faults: this.faults }))).toEqual([]);
  }

  /** Starts jobs that end during the outage, with it, and after it. */
  private async prepare(site: Site, name: string): Promise<void> {
    const { timeout } = this;
    for (const isOnce of [true, false]) {
      for (const ms of [0.3, 0.6, 1].map((part) => part * this.duration)) {
        this.times(3, (nth) => site.ask(name, { isOnce, ms: ms + nth * 200, timeout }));
      }
      this.times(4, (nth) =>
        site.ask(name, { isOnce, ms: this.duration + nth * 1_000 + 1_000, timeout }),
      );
      for (const isObservable of [true, false]) {
        for (const length of [this.duration / 2, this.duration + 3_000]) {
          const stream = { count: length / 100, ms: 100, isObservable };
          site.ask(name, { isOnce, stream, timeout });
        }
      }
    }
    await site.all(name, ({ runs }) => runs.length > 0);
    this.times(100, (nth) => site.ask(name, { isOnce: nth % 2 === 0, ms: 100, timeout }));
    await site.all(name, ({ pushed }) => pushed !== undefined);
  }

  /** Keeps sending requests while Redis is unreachable. */
  private async goOn(site: Site, name: string, killsWorker = false): Promise<void> {
    const end = Date.now() + this.duration;
    const { timeout } = this;
    // What leaves in the moment of the loss is never confirmed, and then it is nobody's fault what becomes of it.
    await delay(UNNOTICED);
    for (let turn = 0; Date.now() < end; turn++) {
      site.ask(name, { isOnce: turn % 2 === 0, ms: 50, timeout });
      if (turn % 4 === 0) {
        site.ask(name, { stream: { count: 20, ms: 20 }, timeout });
      }
      if (killsWorker && turn === 5) {
        const [victim] = site.workers;
        victim?.kill('SIGKILL');
        const at = Date.now();
        this.faults.push({ name: 'SIGKILL', costs: 'worker', pid: victim?.pid, from: at, to: at });
      }
      await delay(500);
    }
  }

  /** Checks the ledger for more than the general violations. */
  private judge(stories: readonly Story[], back: number): void {
    const lost = stories.filter(({ ends }) => ends[0] !== 'complete');
    const again = stories.filter(({ runs }) => runs.length > 1);
    const slowest = Math.max(...again.map(({ runs }) => (runs.at(-1)?.at ?? 0) - back), 0);
    process.stdout.write(
      `${this.outage.name}, ${TIMES} times ${this.duration / 1_000} s: ${stories.length} requests; ` +
        `where a worker was killed or a push not confirmed, ${lost.length} were lost and ${again.length} run again, ` +
        `at most ${slowest} ms after the return\n`,
    );
    expect(few(lost.filter((story) => !this.mayBeLost(story)).map(tell))).toEqual([]);
  }

  /**
   * What must not run twice, and streams, end with their worker, which may have died before it ran them; what is never
   * confirmed may never have left.
   */
  private mayBeLost({ sent, pushed, isOnce, values, runs, ends: [end] }: Story): boolean {
    if (end === 'WORKER_LOST') {
      const isOnKilled = runs.some(({ pid }) => this.faults.some((fault) => fault.pid === pid));
      return isOnKilled ? isOnce || values !== undefined : isOnce && runs.length === 0;
    }
    const mayNotHaveLeft = this.faults.some(
      ({ costs, from, to }) => from <= sent && sent <= (costs === 'line' ? to : from + UNNOTICED),
    );
    return isOnce && pushed === undefined && runs.length === 0 && mayNotHaveLeft;
  }

  private times(count: number, act: (nth: number) => void): void {
    for (let nth = 0; nth < count; nth++) {
      act(nth);
    }
  }
}
