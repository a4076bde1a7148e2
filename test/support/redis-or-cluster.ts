import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { ClusterLook } from './cluster-look.js';
import { useCluster, type TestCluster } from './cluster.js';
import type { Look } from './memory-look.js';
import { useRedis, type TestRedis } from './redis.js';
import { emptyForSecondTries } from './second-tries.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Server that the tests of a project have. @default 'redis' */
    server?: 'redis' | 'cluster' | 'memory';
  }
}

/** The server of a test that holds for a single server as well as for a Cluster. */
export interface TestServer {
  /** The `connection` of applications that share it. */
  readonly url: string;
  /** What messages call it. */
  readonly name: string;
  /** Reads its keys, and changes them. */
  readonly look: Look;
  /** @returns how many connections applications have to it. */
  openConnections(): Promise<number>;
  /** Closes the connections of all applications, which make new ones. */
  cutConnections(): Promise<void>;
  /** Redis itself, for a test that is {@link itOnRedis}. */
  readonly redis: TestRedis;
}

const kind = inject('server') ?? 'redis';

/** Whether the tests have a server in their process, which other processes cannot reach. */
export const isMemory = kind === 'memory';

/** A test that needs what only a single Redis has: its own commands, rights and sockets. */
export const itOnRedis: typeof it.skip = it.skipIf(kind !== 'redis');

/** Tests that are {@link itOnRedis}. */
export const describeOnRedis: typeof describe.skip = describe.skipIf(kind !== 'redis');

/** A test whose queues share a server, which says all that is expected. */
export const itOnOneServer: typeof it.skip = it.skipIf(kind === 'cluster');

/**
 * Lets the tests of a file have a server of their own, which other processes can reach. The file runs twice: with Redis in the project
 * `servers`, and with a Cluster in the project `cluster`.
 */
export const useRedisOrCluster = (): TestServer =>
  kind === 'cluster' ? onCluster(useCluster({ replicas: 0 })) : onRedis(useRedis());

const onRedis = (redis: TestRedis): TestServer => ({
  redis,
  get url() {
    return redis.url;
  },
  get name() {
    return `redis://127.0.0.1:${redis.port}/0`;
  },
  get look() {
    return redis.look;
  },
  async openConnections() {
    return countOurs(await redis.look.client('LIST'));
  },
  async cutConnections() {
    for (const type of ['normal', 'pubsub']) {
      await redis.look.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    }
  },
});

function onCluster(cluster: TestCluster): TestServer {
  let look: ClusterLook | undefined;
  beforeAll(() => {
    look = new ClusterLook(cluster);
  });
  afterAll(() => look?.close());
  const onEach = (command: string, ...args: string[]): Promise<unknown[]> =>
    Promise.all(cluster.nodes.map((node) => cluster.run(node, command, ...args)));
  emptyForSecondTries(() => onEach('FLUSHALL'));
  return {
    get url() {
      return cluster.url;
    },
    get name() {
      return cluster.url;
    },
    get look() {
      if (!look) {
        throw new Error('The Cluster was not started');
      }
      return look.commands;
    },
    async openConnections() {
      const lists = await onEach('CLIENT', 'LIST');
      return lists.reduce((sum: number, list) => sum + countOurs(list), 0);
    },
    async cutConnections() {
      for (const type of ['normal', 'pubsub']) {
        await onEach('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      }
    },
    get redis(): TestRedis {
      throw new Error('There is no single Redis: use itOnRedis');
    },
  };
}

/** @returns the number of connections of the library in an answer to `CLIENT LIST`. */
const countOurs = (list: unknown): number =>
  String(list)
    .split('\n')
    .filter((line) => line.includes('name=nestjs-reqrep:')).length;
