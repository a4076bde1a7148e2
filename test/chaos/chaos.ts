import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { streamsOf } from '../processes/asker.js';
import { hasEnded, startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { RedisPair } from '../support/redis-pair.js';
import { waitFor } from '../support/wait-for.js';
import { faultsOf, type Act } from './faults.js';
import { readLedger, type Story } from './ledger.js';
import { Proxy } from './proxy.js';
import { Random } from './random.js';
import { findWrongs, type Fault } from './verdict.js';

const WORKERS = 4;
const LEASE = 1_000;
const STALL_LIMIT = 5_000;

/** How long requests go on after the last fault is over, ms. */
const QUIET = 4_000;

/** After the last fault, what it broke needs so long to be found and replaced, ms. */
const CONVALESCENCE = 12_000;

export interface ChaosResult {
  readonly stories: ReadonlyMap<string, Story>;
  readonly faults: readonly Fault[];
  readonly wrongs: readonly string[];
  /** Keys that should not be there any more. */
  readonly leftKeys: readonly string[];
}

/** A queue with requesters and workers in processes of their own, and everything that can happen to them. */
export class Chaos {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-chaos-'));
  private readonly ledger = join(this.folder, 'ledger');
  private readonly queue = randomQueue();
  private readonly faults: Fault[] = [];
  private readonly killedRequesters = new Set<number>();
  private readonly wrongs: string[] = [];
  private readonly ended: Promise<void>[] = [];
  workers: ChildProcess[] = [];
  private requester: ChildProcess | undefined;

  private constructor(
    readonly random: Random,
    readonly redis: RedisPair,
    readonly proxy: Proxy,
  ) {
    writeFileSync(this.ledger, '');
  }

  /**
   * Does things that may go wrong in production, one every half a second, for so long.
   * @param names - which of them; none = all.
   */
  static async run(
    seed: number,
    seconds: number,
    names: readonly string[] = [],
  ): Promise<ChaosResult> {
    const redis = await RedisPair.start();
    const proxy = await Proxy.before(redis.primary.port);
    const chaos = new Chaos(new Random(seed), redis, proxy);
    try {
      await chaos.start();
      await chaos.cause(seconds, names);
      return await chaos.finish();
    } finally {
      proxy.close();
      await Promise.all([...chaos.workers, chaos.requester].map((one) => one && stopProcess(one)));
      await redis.stop();
      rmSync(chaos.folder, { recursive: true, force: true });
    }
  }

  async startWorker(): Promise<void> {
    const worker = await startProcess('chaos-worker', {
      ...this.environment(),
      LOG: 'throwing',
      OPTIONS: JSON.stringify({ lease: LEASE, stallLimit: STALL_LIMIT, maxDeliveries: 10 }),
    });
    this.workers.push(worker);
    worker.once('exit', (code) => {
      if (this.workers.includes(worker)) {
        this.wrongs.push(`worker ${worker.pid} ended by itself with ${code}`);
      }
    });
  }

  async killRequester(): Promise<void> {
    if (this.requester?.pid !== undefined) {
      this.killedRequesters.add(this.requester.pid);
      this.requester.kill('SIGKILL');
    }
    await this.startRequester();
  }

  /** Notes a fault that goes on behind the others. */
  goesOn(fault: Fault, ended: Promise<void>): void {
    this.ended.push(ended.then(() => void (fault.to = Date.now())));
  }

  private async start(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.startWorker()));
    await this.startRequester();
  }

  private async startRequester(): Promise<void> {
    this.requester = await startProcess('chaos-requester', {
      ...this.environment(),
      KINDS: 'all',
      TIMEOUT: '20000',
    });
  }

  private environment(): Record<string, string> {
    return { QUEUE: this.queue, REDIS_URL: this.proxy.url, LEDGER: this.ledger };
  }

  private async cause(seconds: number, names: readonly string[]): Promise<void> {
    const acts = faultsOf(this, { lease: LEASE, stallLimit: STALL_LIMIT }, names);
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      await delay(this.random.between(100, 900));
      await this.do(this.random.pick(acts));
    }
    await Promise.all(this.ended);
  }

  private async do({ name, costs, act }: Act): Promise<void> {
    const fault: Fault = { name, costs, from: Date.now(), to: Infinity };
    this.faults.push(fault);
    const { pid, isGoingOn = false } = (await act(fault)) ?? {};
    fault.pid = pid;
    if (!isGoingOn) {
      fault.to = Date.now();
    }
  }

  /** Lets everything come to its end, and reads the ledger. */
  private async finish(): Promise<ChaosResult> {
    const { requester } = this;
    await delay(CONVALESCENCE);
    const quietFrom = Date.now();
    await delay(QUIET);
    if (requester && !hasEnded(requester)) {
      const ended = once(requester, 'exit');
      requester.send('stop');
      await ended;
    }
    // What remains is given a while to be taken back and run; then it counts as left behind.
    await waitFor(() => this.isAtRest(), 20_000).catch(() => undefined);
    await this.allKnown();
    const workers = this.workers.splice(0);
    await Promise.all(workers.map(stopProcess));
    const stories = readLedger(this.ledger);
    const wrongs = findWrongs(stories, {
      faults: this.faults,
      killedRequesters: this.killedRequesters,
      stallLimit: STALL_LIMIT,
      quietFrom,
    });
    return {
      stories,
      faults: this.faults,
      wrongs: [...this.wrongs, ...wrongs],
      leftKeys: await this.leftKeys(),
    };
  }

  private async isAtRest(): Promise<boolean> {
    const keys = await this.redis.primary.look((redis) => redis.keys(`${this.queue}*`));
    return keys.every((key) => !/requests$|active:/.test(key.slice(this.queue.length)));
  }

  /**
   * A worker whose connection is still cut or stalled could not sign off, so each is to renew its lease once more; and those
   * that were killed last are to be forgotten.
   */
  private async allKnown(): Promise<void> {
    const { redis, queue, workers } = this;
    await redis.primary.look(async (look) => {
      for (const key of [`${queue}workers`, `${streamsOf(queue)}workers`]) {
        const [, latest = '0'] = await look.zrange(key, '-1', '-1', 'WITHSCORES');
        const areAllRenewed = async () =>
          (await look.zcount(key, `(${latest}`, '+inf')) === workers.length &&
          (await look.zcard(key)) === workers.length;
        await waitFor(areAllRenewed, 20_000).catch(() => undefined);
      }
    });
  }

  private leftKeys(): Promise<string[]> {
    return this.redis.primary.look(async (redis) => {
      const keys = (await redis.keys('*')).filter(
        (key) => !/:dead(ids|letters)$|totals$|^reqrep:queues$/.test(key),
      );
      // The replies for a requester that was killed expire.
      const expiring = await Promise.all(
        keys.map(async (key) => key.startsWith('replies:') && (await redis.pttl(key)) > 0),
      );
      return keys.filter((_, index) => !expiring[index]);
    });
  }
}
