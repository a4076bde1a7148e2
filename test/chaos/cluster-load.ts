import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hashSlotOf, shardTags } from '../../lib/protocol/hash-slot.js';
import { shardIndexOf } from '../../lib/redis/shard-of-queue.js';
import type { TestCluster } from '../support/cluster.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';
import { randomQueue } from '../support/random-queue.js';
import { readLedger, type Story } from './ledger.js';

/** How many processes and requests a load has. */
export interface LoadSize {
  readonly workers: number;
  readonly requesters: number;
  readonly queues: number;
  /** Requests of each requester. @default as many as it can until it is stopped */
  readonly requests?: number;
  /** Requests of each requester at a time. */
  readonly inFlight: number;
  /** Longest time that a job takes, ms. */
  readonly ms: number;
  /** Whether there are streams, jobs that must not run twice, and odd errors. */
  readonly hasAllKinds?: boolean;
}

/** Default of the option `shards`. */
export const SHARD_COUNT = 16;

const TAGS = shardTags(SHARD_COUNT);

/** @returns the shard of a queue that is not hot. */
export const shardOf = (queue: string): number => shardIndexOf(queue, SHARD_COUNT);

/** @returns the hash slot of a shard. */
export const slotOfShard = (shard: number): number => hashSlotOf(`{${TAGS[shard]}}`);

/** Requesters and workers, in processes of their own, that share queues on a Cluster. The first queue is hot and gets half of the requests. */
export class ClusterLoad {
  readonly queues: readonly string[];
  private readonly ledger: string;
  private readonly environment: Readonly<Record<string, string>>;
  private requesters: ChildProcess[] = [];

  constructor(
    cluster: TestCluster,
    private readonly size: LoadSize,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-load-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    this.ledger = join(folder, 'ledger');
    writeFileSync(this.ledger, '');
    this.queues = Array.from({ length: size.queues }, randomQueue);
    this.environment = {
      QUEUE: this.queues.join(','),
      REDIS_URL: cluster.url,
      LEDGER: this.ledger,
      OPTIONS: JSON.stringify({ hotQueues: [this.hotQueue] }),
      KINDS: size.hasAllKinds ? 'all' : 'plain',
      TIMEOUT: '60000',
    };
  }

  get hotQueue(): string {
    return this.queues[0] ?? '';
  }

  get stories(): ReadonlyMap<string, Story> {
    return readLedger(this.ledger);
  }

  async startWorkers(): Promise<void> {
    const { workers, ms } = this.size;
    const environment = { ...this.environment, MS: String(ms) };
    await startAll(workers, 'chaos-worker', environment);
  }

  async startRequesters(): Promise<void> {
    const { requesters, requests = Infinity, inFlight } = this.size;
    this.requesters = await startAll(requesters, 'chaos-requester', {
      ...this.environment,
      REQUESTS: String(requests),
      IN_FLIGHT: String(inFlight),
    });
  }

  /** Whether each requester has had a reply from each queue. */
  get isWarm(): boolean {
    const ended = [...this.stories.values()].filter(({ ends }) => ends.length > 0);
    const pairs = new Set(ended.map(({ queue, requester }) => `${requester} ${queue}`));
    return pairs.size === this.size.requesters * this.size.queues;
  }

  /** Resolves when all requests have ended that are to be sent. */
  async end(timeout: number): Promise<void> {
    await waitFor(() => this.requesters.every(hasEnded), timeout);
  }

  /** Sends no more requests. Resolves when all have ended. */
  async stop(): Promise<void> {
    this.requesters.forEach((requester) => requester.send('stop'));
    await this.end(70_000);
  }
}

const startAll = (
  count: number,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess[]> =>
  Promise.all(Array.from({ length: count }, () => startProcess(name, environment)));
