import { Redis, type RedisOptions } from 'ioredis';
import { isRefusal } from '../../driver/refusal.js';
import { delay, type Runtime } from '../../driver/runtime.js';
import { tlsFor } from './server-name-indication.js';
import { textOf, type ClusterConfig, type NodeAddress } from './cluster-config.js';
import { mappedBy } from './nat-map.js';
import { ownerNamedBy } from './moved-owner.js';
import type { OwnersListener } from './owners-listener.js';

/** Wait for the answer of one node before the next one is asked as well. */
const NEXT_NODE_DELAY_MS = 300;

/** How long a node may take to connect, and to answer. */
const NODE_TIMEOUT_MS = 2_000;

/** Options of a short-lived connection to a node, which is used for one question. */
const QUESTION_OPTIONS = {
  lazyConnect: true,
  connectTimeout: NODE_TIMEOUT_MS,
  commandTimeout: NODE_TIMEOUT_MS,
  disconnectTimeout: 500,
  retryStrategy: () => null,
  reconnectOnError: null,
  maxRetriesPerRequest: 0,
  enableReadyCheck: false,
  enableOfflineQueue: true,
  connectionName: 'nestjs-reqrep:topology',
} satisfies RedisOptions;

/** Slots that one master owns. */
interface OwnedSlots {
  readonly first: number;
  readonly last: number;
  readonly owner: NodeAddress;
}

/** One answer to `CLUSTER SLOTS`. */
interface SlotMap {
  readonly slots: readonly OwnedSlots[];
  /** All nodes, replicas included. */
  readonly nodes: readonly NodeAddress[];
}

/**
 * Knows which node of a Cluster owns a slot. It keeps no connection: it asks over short-lived ones, any node that it knows. ioredis'
 * own `Cluster` keeps its map of the slots and its pool of connections to itself, and waits with blocking commands on the same
 * connections as with all others.
 */
export class SlotOwners {
  readonly name: string;
  /** Private, so that `util.inspect` does not show the password. */
  readonly #config: ClusterConfig;
  private map: SlotMap | undefined;
  private asking: Promise<void> | undefined;
  /** Which node is asked first next time. */
  private turn = 0;
  private readonly listeners: OwnersListener[] = [];

  constructor(
    config: ClusterConfig,
    private readonly runtime: Runtime,
  ) {
    this.#config = config;
    this.name = config.name;
  }

  /** Options for the connection to each node, but for its address. */
  get nodeOptions(): RedisOptions {
    return this.#config.nodeOptions;
  }

  /** @returns the owner of a slot when a node was last asked; `undefined` if none is known. */
  lastKnown(slot: number): NodeAddress | undefined {
    return this.map?.slots.find(({ first, last }) => first <= slot && slot <= last)?.owner;
  }

  /** Lets a listener hear of changes. */
  tell(listener: OwnersListener): void {
    this.listeners.push(listener);
  }

  /** Notes that a node has refused a slot, and the owner if the refusal names it: other nodes may not know that one yet. */
  refused(slot: number, by: NodeAddress, error: Error): void {
    const owner = ownerNamedBy(error, by);
    if (owner) {
      const { slots = [], nodes = [] } = this.map ?? {};
      const others = slots.filter(({ first, last }) => first !== slot || last !== slot);
      this.map = {
        slots: [{ first: slot, last: slot, owner: this.mapped(owner) }, ...others],
        nodes,
      };
    }
    this.listeners.forEach((listener) => listener.refused(slot, by));
  }

  /** Forgets the owners, because one of them does not own its slots any more, or does not answer. */
  forget(): void {
    this.map = this.map && { ...this.map, slots: [] };
  }

  /**
   * Asks the Cluster for the owner of a slot. Callers at the same time share the answer.
   * @throws the error of the last node if none has answered, or an error if nobody owns the slot.
   */
  async ask(slot: number): Promise<NodeAddress> {
    this.asking ??= this.askOnce().finally(() => {
      this.asking = undefined;
    });
    await this.asking;
    const owner = this.lastKnown(slot);
    if (!owner) {
      throw new Error(
        `Slot ${slot} has no owner: assign it to a master (\`redis-cli --cluster fix\`)`,
      );
    }
    return owner;
  }

  /** Runs commands on a short-lived connection to the owner of a slot. */
  async runOnOwner<Answer>(slot: number, run: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.runOn(this.lastKnown(slot) ?? (await this.ask(slot)), run);
  }

  private async askOnce(): Promise<void> {
    this.map = await this.askAny();
    this.listeners.forEach((listener) => listener.named());
  }

  /** Asks one node after another. One that does not answer soon does not hold up the next. */
  private async askAny(): Promise<SlotMap> {
    const asked: Promise<SlotMap>[] = [];
    for (const node of this.candidates()) {
      asked.push(
        this.runOn(node, (redis) => redis.cluster('SLOTS')).then((answer) =>
          this.read(answer, node),
        ),
      );
      const first = Promise.any(asked).catch(() => undefined);
      const map = await Promise.race([first, delay(this.runtime, NEXT_NODE_DELAY_MS)]);
      if (map) {
        return map;
      }
    }
    return Promise.any(asked).catch(({ errors }: AggregateError) => {
      // A node that is there and refuses this process tells more than those that are away.
      throw errors.find(isRefusal) ?? errors.at(-1);
    });
  }

  /** @returns all nodes to ask, each time from another one on: one may have an outdated view. */
  private candidates(): NodeAddress[] {
    const all = new Map(
      [...(this.map?.nodes ?? []), ...this.#config.nodes].map((node) => [textOf(node), node]),
    );
    const nodes = [...all.values()];
    const from = this.turn++ % nodes.length;
    return [...nodes.slice(from), ...nodes.slice(0, from)];
  }

  private async runOn<Answer>(
    node: NodeAddress,
    run: (redis: Redis) => Promise<Answer>,
  ): Promise<Answer> {
    const { tls, ...options } = this.nodeOptions;
    const named = tls ? { tls: tlsFor(tls, node.host) } : {};
    const redis = new Redis({ ...options, ...named, ...QUESTION_OPTIONS, ...node });
    const failure = new Promise<never>((_, reject) => {
      redis.on('error', (error) => {
        // TLS may emit a second error, which would end the process if nobody listened.
        redis.stream?.on('error', () => undefined);
        reject(error);
      });
    });
    try {
      return await Promise.race([redis.connect().then(() => run(redis)), failure]);
    } finally {
      redis.disconnect();
    }
  }

  /** @param asked - the node that has answered: an empty host means that of this node. */
  private read(answer: unknown, asked: NodeAddress): SlotMap {
    const ranges = answer as [first: number, last: number, ...nodes: unknown[][]][];
    const address = ([host, port]: unknown[]): NodeAddress =>
      this.mapped({ host: host ? String(host) : asked.host, port: Number(port) });
    return {
      slots: ranges.map(([first, last, master = []]) => ({ first, last, owner: address(master) })),
      nodes: ranges.flatMap(([, , ...nodes]) => nodes.map(address)),
    };
  }

  /** @returns the address of a node as this process reaches it. */
  private mapped(node: NodeAddress): NodeAddress {
    const { natMap } = this.#config;
    return mappedBy(natMap, `${node.host}:${node.port}`) ?? node;
  }
}
