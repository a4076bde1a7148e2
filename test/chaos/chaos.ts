import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startLocalRedis, type LocalRedis } from '../../sample-app/src/local-redis.js';
import { hasEnded, startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';
import { findWrongs, readLedger, type Fault, type Story } from './ledger.js';
import { Proxy } from './proxy.js';
import { Random } from './random.js';

const WORKERS = 4;
const LEASE = 1_000;
const STALL_LIMIT = 5_000;

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
  private readonly random: Random;
  private readonly faults: Fault[] = [];
  private readonly killedRequesters = new Set<number>();
  private workers: ChildProcess[] = [];
  private requester: ChildProcess | undefined;
  private redis: LocalRedis | undefined;
  private proxy: Proxy | undefined;

  constructor(seed: number) {
    this.random = new Random(seed);
    writeFileSync(this.ledger, '');
  }

  async run(seconds: number): Promise<ChaosResult> {
    try {
      await this.start();
      const end = performance.now() + seconds * 1_000;
      while (performance.now() < end) {
        await delay(this.random.between(100, 900));
        await this.fault();
      }
      return await this.finish();
    } finally {
      this.proxy?.close();
      await Promise.all(
        [...this.workers, this.requester].map((child) => child && stopProcess(child)),
      );
      await this.redis?.stop();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async start(): Promise<void> {
    this.redis = await this.startRedis();
    this.proxy = await Proxy.before(this.redis.port);
    this.workers = await Promise.all(Array.from({ length: WORKERS }, () => this.startWorker()));
    this.requester = await this.startRequester();
  }

  private startRedis(): Promise<LocalRedis> {
    return startLocalRedis({
      args: ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', this.folder],
    });
  }

  private startWorker(): Promise<ChildProcess> {
    return startProcess('chaos-worker', {
      ...this.environment(),
      OPTIONS: JSON.stringify({ lease: LEASE, stallLimit: STALL_LIMIT, maxDeliveries: 10 }),
    });
  }

  private startRequester(): Promise<ChildProcess> {
    return startProcess('chaos-requester', this.environment());
  }

  private environment(): Record<string, string> {
    return { QUEUE: this.queue, REDIS_URL: this.proxy?.url ?? '', LEDGER: this.ledger };
  }

  /** Does one thing that may go wrong in production. */
  private async fault(): Promise<void> {
    const some = () => this.random.next() < 0.5;
    const [name, act] = this.random.pick<readonly [string, () => Promise<void> | void]>([
      ['SIGKILL of a worker', () => this.killWorker()],
      ['SIGKILL of a worker', () => this.killWorker()],
      ['SIGSTOP of a worker', () => this.stopWorker()],
      ['SIGKILL of the requester', () => this.killRequester()],
      ['restart of Redis', () => this.restartRedis()],
      ['CLIENT KILL of all connections', () => this.killClients()],
      ['cut', () => this.proxy?.cut(some)],
      ['half-close', () => this.proxy?.halfClose(some)],
      ['lost answer', () => this.proxy?.swallow(some)],
      ['lost answer', () => this.proxy?.swallow(some)],
      ['stall', () => this.proxy?.stall(some, this.random.between(500, 4_000))],
    ]);
    const fault = { name, from: Date.now(), to: Infinity };
    this.faults.push(fault);
    await act();
    fault.to = Date.now() + STALL_LIMIT;
  }

  private async killWorker(): Promise<void> {
    const [worker] = this.workers.splice(Math.floor(this.random.next() * this.workers.length), 1);
    if (worker) {
      worker.kill('SIGKILL');
      this.workers.push(await this.startWorker());
    }
  }

  private stopWorker(): void {
    const [first, ...others] = this.workers;
    if (first) {
      const worker = this.random.pick([first, ...others]);
      worker.kill('SIGSTOP');
      setTimeout(() => worker.kill('SIGCONT'), this.random.between(500, 8_000));
    }
  }

  private async killRequester(): Promise<void> {
    if (this.requester?.pid !== undefined) {
      this.killedRequesters.add(this.requester.pid);
      this.requester.kill('SIGKILL');
    }
    this.requester = await this.startRequester();
  }

  private async restartRedis(): Promise<void> {
    const { redis } = this;
    if (redis) {
      process.kill(redis.pid, 'SIGKILL');
      await delay(this.random.between(100, 2_000));
      await redis.stop();
      this.redis = await this.startRedis();
      if (this.proxy) {
        this.proxy.port = this.redis.port;
      }
    }
  }

  private async killClients(): Promise<void> {
    await this.look((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal'));
  }

  private async look<T>(see: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.redis?.url ?? '');
    try {
      return await see(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Lets everything come to its end, and reads the ledger. */
  private async finish(): Promise<ChaosResult> {
    for (const worker of this.workers) {
      worker.kill('SIGCONT');
    }
    const { requester, queue } = this;
    if (requester && !hasEnded(requester)) {
      const ended = once(requester, 'exit');
      requester.send('stop');
      await ended;
    }
    const keys = () => this.look((redis) => redis.keys(`${queue}*`));
    const isAtRest = async () =>
      (await keys()).every((key) => !/requests$|active:/.test(key.slice(queue.length)));
    // What remains is given a while to be taken back and run; then it counts as left behind.
    await waitFor(isAtRest, 20_000).catch(() => undefined);
    // A worker whose connection is still cut or stalled could not sign off, so each is to renew its lease once more; and
    // those that were killed last are to be forgotten.
    const workers = `${queue}workers`;
    const [, latest = '0'] = await this.look((redis) =>
      redis.zrange(workers, '-1', '-1', 'WITHSCORES'),
    );
    const count = (from: string) => this.look((redis) => redis.zcount(workers, from, '+inf'));
    const areAllRenewed = async () =>
      (await count(`(${latest}`)) === this.workers.length &&
      (await count('-inf')) === this.workers.length;
    await waitFor(areAllRenewed, 20_000).catch(() => undefined);
    await Promise.all(this.workers.map(stopProcess));
    const stories = readLedger(this.ledger);
    return {
      stories,
      faults: this.faults,
      wrongs: findWrongs(stories, this.killedRequesters, this.faults),
      leftKeys: await this.leftKeys(),
    };
  }

  private leftKeys(): Promise<string[]> {
    return this.look(async (redis) => {
      const keys = (await redis.keys('*')).filter((key) => key !== `${this.queue}dead`);
      // The replies for a requester that was killed expire.
      const expiring = await Promise.all(
        keys.map(async (key) => key.startsWith('replies:') && (await redis.pttl(key)) > 0),
      );
      return keys.filter((_, index) => !expiring[index]);
    });
  }
}
