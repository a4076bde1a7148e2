import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { nodesKnownTo, owns, type KnownNode } from './cluster-nodes.js';
import { inSync } from './redis-pair.js';
import type { RestartableRedis } from './restartable-redis.js';
import { isLinked, startCluster, type ClusterOptions } from './start-cluster.js';
import { waitFor } from './wait-for.js';

/** How long a change of the Cluster may take until all nodes know it, ms. */
const AGREEMENT_TIMEOUT_MS = 20_000;

/** How a slot is moved to another master. */
export interface Migration {
  /** Keys that are moved at a time. @default 10 */
  readonly keysAtATime?: number;
  /** Wait between them, ms, while the keys are on both nodes. @default 0 */
  readonly pause?: number;
}

/** A Redis Cluster for the tests of one file. */
export class TestCluster {
  /** Masters and replicas, which may change their roles. */
  nodes: readonly RestartableRedis[] = [];
  /** Nodes that were killed and not restarted. */
  private readonly killed = new Set<RestartableRedis>();

  async start(options: ClusterOptions): Promise<void> {
    this.nodes = await startCluster(options);
  }

  /** The `connection` of applications. */
  get connection(): {
    readonly nodes: readonly { readonly host: string; readonly port: number }[];
  } {
    return { nodes: this.nodes.map(({ port }) => ({ host: '127.0.0.1', port })) };
  }

  /** The same as {@link connection}. */
  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** @returns the nodes that own slots, and are up. */
  async masters(): Promise<RestartableRedis[]> {
    const known = await nodesKnownTo(this.anyNode);
    return known
      .filter(({ isMaster, slots }) => isMaster && slots.length > 0)
      .map((node) => this.nodeAt(node.port))
      .filter((node) => !this.killed.has(node));
  }

  async ownerOf(slot: number): Promise<RestartableRedis> {
    const owner = (await nodesKnownTo(this.anyNode)).find((node) => owns(node, slot));
    if (!owner) {
      throw new Error(`Nobody owns slot ${slot}`);
    }
    return this.nodeAt(owner.port);
  }

  /** Lets a replica take the place of its master, without losing anything. @returns the new master, when all nodes know it. */
  async failover(master: RestartableRedis): Promise<RestartableRedis> {
    const [replica] = await this.replicasOf(master);
    if (!replica) {
      throw new Error(`The node on port ${master.port} has no replica that could replace it`);
    }
    await replica.look((redis) => redis.call('CLUSTER', 'FAILOVER'));
    await this.replaced(master);
    return replica;
  }

  /** Ends a node with SIGKILL. */
  async kill(node: RestartableRedis): Promise<void> {
    this.killed.add(node);
    await node.kill();
  }

  /** Resolves when all nodes know that another one owns the slots of a master. */
  async replaced(master: RestartableRedis): Promise<void> {
    await this.agree((known) => known.find(({ port }) => port === master.port)?.slots.length === 0);
  }

  /** Starts a node after {@link kill}. Resolves when it follows its master, or is one, and all nodes know. */
  async restart(node: RestartableRedis): Promise<void> {
    await node.restart();
    this.killed.delete(node);
    await this.agree((known) => {
      const restarted = known.find(({ port }) => port === node.port);
      const hasPart = restarted && (restarted.slots.length > 0 || !restarted.isMaster);
      return hasPart === true && !known.some(({ isDown }) => isDown);
    });
    await waitFor(() => isLinked(node), AGREEMENT_TIMEOUT_MS);
  }

  /** Moves a slot with its keys to another master, while they are in use. Resolves when all nodes know its new owner. */
  async migrateSlot(
    slot: number,
    to: RestartableRedis,
    { keysAtATime = 10, pause = 0 }: Migration = {},
  ): Promise<void> {
    const from = await this.ownerOf(slot);
    const [fromId, toId] = [await this.idOf(from), await this.idOf(to)];
    const set = (node: RestartableRedis, ...how: string[]): Promise<unknown> =>
      this.run(node, 'CLUSTER', 'SETSLOT', String(slot), ...how);
    await set(to, 'IMPORTING', fromId);
    await set(from, 'MIGRATING', toId);
    for (;;) {
      const keys = await this.run(from, 'CLUSTER', 'GETKEYSINSLOT', slot, keysAtATime);
      if (!Array.isArray(keys) || keys.length === 0) {
        break;
      }
      await this.run(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      await delay(pause);
    }
    const others = (await this.masters()).filter((node) => node !== to && node !== from);
    for (const node of [to, from, ...others]) {
      await set(node, 'NODE', toId);
    }
    await this.agree((known) => known.find((one) => owns(one, slot))?.port === to.port);
  }

  /** Resolves when the replicas have all that their masters have now. */
  async inSync(): Promise<void> {
    await Promise.all((await this.masters()).map(inSync));
  }

  /** @returns the keys of all masters that match a glob. */
  async keys(pattern = '*'): Promise<string[]> {
    const masters = await this.masters();
    const found = await Promise.all(
      masters.map((master) => master.look((redis) => redis.keys(pattern))),
    );
    return found.flat();
  }

  /** Runs a command on one node. */
  run(
    node: RestartableRedis,
    command: string,
    ...args: readonly (string | number)[]
  ): Promise<unknown> {
    return node.look((redis) => redis.call(command, ...args));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** @returns the replicas of a master that are up. */
  async replicasOf(master: RestartableRedis): Promise<RestartableRedis[]> {
    const id = await this.idOf(master);
    const known = await nodesKnownTo(this.anyNode);
    return known
      .filter(({ masterId, isDown }) => masterId === id && !isDown)
      .map(({ port }) => this.nodeAt(port));
  }

  private async idOf(node: RestartableRedis): Promise<string> {
    return String(await this.run(node, 'CLUSTER', 'MYID'));
  }

  private get anyNode(): RestartableRedis {
    const [node] = this.running;
    if (!node) {
      throw new Error('All nodes of the Cluster were killed');
    }
    return node;
  }

  private get running(): RestartableRedis[] {
    return this.nodes.filter((node) => !this.killed.has(node));
  }

  private nodeAt(port: number): RestartableRedis {
    const node = this.nodes.find((one) => one.port === port);
    if (!node) {
      throw new Error(`The Cluster has a node on port ${port} that this test did not start`);
    }
    return node;
  }

  /** Resolves when something holds for what each node that is up knows. */
  private async agree(holds: (known: readonly KnownNode[]) => boolean): Promise<void> {
    await Promise.all(
      this.running.map((node) =>
        waitFor(async () => holds(await nodesKnownTo(node)), AGREEMENT_TIMEOUT_MS),
      ),
    );
  }
}

/** Starts a Cluster before the tests of the file, and stops it after them. */
export function useCluster(options: ClusterOptions = {}): TestCluster {
  const cluster = new TestCluster();
  beforeAll(() => cluster.start(options));
  afterAll(() => cluster.stop());
  return cluster;
}
