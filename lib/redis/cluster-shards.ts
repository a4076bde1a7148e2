import { InvalidOptionError } from '../errors/index.js';
import { OncePerTurn } from '../driver/once-per-turn.js';
import type { Runtime } from '../driver/runtime.js';
import type { ServerTroubleError } from '../driver/server-trouble.js';
import type { Servers, Shard, Shards } from '../driver/shard.js';
import { hashSlotOf, shardTags } from '../protocol/hash-slot.js';
import { shardIndexOf } from './shard-of-queue.js';
import { Keys } from '../protocol/keys.js';
import type { Log } from '../telemetry/log.js';
import { systemRuntime } from '../driver/system-runtime.js';
import { Connections } from './connections.js';
import { ShardAgreement, type ShardSettings } from './shard-agreement.js';
import type { ClusterConfig } from './topology/cluster-config.js';
import { sourceOfSlot, type ClusterSlot } from './topology/owner-connector.js';
import { SlotOwners } from './topology/slot-owners.js';

/** How many queues are remembered with their shards. */
const MAX_REMEMBERED_QUEUES = 10_000;

/** How many jobs of hot queues go to one shard in a turn of the event loop. */
const MAX_JOBS_PER_SHARD_AND_TURN = 32;

/** How an instance uses a Cluster. */
export interface ClusterShardsParts extends ShardSettings {
  readonly config: ClusterConfig;
  readonly prefix: string;
  /** Part of the names of the connections. */
  readonly name: string;
  readonly log: Log;
  readonly runtime?: Runtime;
}

/**
 * The shards of an instance on a Cluster. All keys of a shard are in one hash slot, so that scripts work as on a single server; a shard's
 * connections lead to the owner of the slot. A queue is in one shard, a hot queue in all.
 */
export class ClusterShards implements Shards, Servers {
  readonly runtime: Runtime;
  readonly all: readonly Shard[];
  readonly serverName: string;
  private readonly agreement: ShardAgreement;
  private readonly hotQueues: ReadonlySet<string>;
  private readonly shardsByQueue = new Map<string, readonly Shard[]>();
  /** Which shard gets the next job of a hot queue. */
  private nextShard: number;
  /** How many jobs of hot queues the shard has got in this turn of the event loop. */
  private jobsOfTurn = 0;
  private readonly turn: OncePerTurn;

  constructor({
    config,
    prefix,
    name,
    log,
    runtime = systemRuntime,
    ...settings
  }: ClusterShardsParts) {
    const owners = new SlotOwners(config, runtime);
    const tags = shardTags(settings.shards);
    const allKeys = tags.map((tag) => new Keys(prefix, tag));
    this.runtime = runtime;
    this.serverName = config.name;
    this.hotQueues = new Set(settings.hotQueues);
    this.agreement = new ShardAgreement(slotOf(owners, new Keys(prefix, tags[0]).shards), settings);
    const allowed = (): Promise<void> => this.agreement.reach();
    this.all = allKeys.map((keys, index) => {
      const source = sourceOfSlot(slotOf(owners, keys.replies('')));
      const patternOf = (key: string): string => keys.patternOf(key);
      const shardName = `${name}:${index}`;
      const shardLog = log.of(keys.tag);
      const driver = new Connections(source, shardName, shardLog, patternOf, runtime, allowed);
      return { keys, driver };
    });
    // Clients that start together begin with different shards.
    this.nextShard = hashSlotOf(runtime.randomId());
    this.turn = new OncePerTurn(runtime, () => this.moveOn());
  }

  get servers(): Servers {
    return this;
  }

  next(queue: string): Shard {
    const shards = this.of(queue);
    const index = shards.length === 1 ? 0 : this.indexOfNext() % shards.length;
    return shards[index] as Shard;
  }

  of(queue: string): readonly Shard[] {
    return this.shardsByQueue.get(queue) ?? this.find(queue);
  }

  async agreeOn(queues: readonly string[]): Promise<void> {
    if (queues.length === 0) {
      return;
    }
    // A connection becomes ready when the agreement is reached.
    await Promise.race(
      queues.flatMap((queue) => this.of(queue)).map(({ driver }) => driver.ready()),
    );
    const { hotQueues } = this.agreement;
    const unknown = queues.find((queue) => hotQueues.has(queue) && !this.hotQueues.has(queue));
    if (unknown !== undefined) {
      throw new InvalidOptionError(
        'hotQueues',
        `to name the queue "${unknown}", whose jobs other processes push to all shards`,
        'a list without it',
      );
    }
  }

  get isReady(): boolean {
    return this.used.every(({ isReady }) => isReady);
  }

  /** Waits until the Cluster and all shards that are used can be used. Opens the first shard, even if it holds no queue of the process. */
  async usable(): Promise<void> {
    await Promise.all([this.all[0]?.driver, ...this.used].map((driver) => driver?.usable()));
  }

  get trouble(): ServerTroubleError | undefined {
    return this.used.find(({ trouble }) => trouble)?.trouble;
  }

  async lost(): Promise<void> {
    await Promise.race(this.all.map(({ driver }) => driver.lost()));
  }

  close(): void {
    this.all.forEach(({ driver }) => driver.close());
  }

  /** The drivers of the shards that were used. */
  private get used(): Shard['driver'][] {
    return this.all.map(({ driver }) => driver).filter(({ state }) => state !== 'idle');
  }

  /** Counts a job. The jobs of one turn go to one shard, because those that are pushed together, and taken together, cost Redis less. */
  private indexOfNext(): number {
    if (this.jobsOfTurn === MAX_JOBS_PER_SHARD_AND_TURN) {
      this.moveOn();
    }
    this.jobsOfTurn++;
    this.turn.schedule();
    return this.nextShard;
  }

  private moveOn(): void {
    this.nextShard++;
    this.jobsOfTurn = 0;
  }

  private find(queue: string): readonly Shard[] {
    const index = shardIndexOf(queue, this.all.length);
    const found = this.hotQueues.has(queue) ? this.all : this.all.slice(index, index + 1);
    if (this.shardsByQueue.size >= MAX_REMEMBERED_QUEUES) {
      this.shardsByQueue.clear();
    }
    this.shardsByQueue.set(queue, found);
    return found;
  }
}

/** @returns the slot of a key. */
const slotOf = (owners: SlotOwners, key: string): ClusterSlot => ({
  owners,
  slot: hashSlotOf(key),
  key,
  nodes: new WeakMap(),
});
