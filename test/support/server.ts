import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import type { MemoryDriver } from '../../lib/memory/memory-driver.js';
import { openMemory } from '../../lib/memory/open-memory.js';
import { MemoryLook, type Look } from './memory-look.js';
import { useRedis, type TestRedis } from './redis.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** What {@link useServer} gives to the tests of a project. @default 'redis' */
    server?: 'redis' | 'memory';
  }
}

/** The server of a test that holds for every driver. */
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

const isMemory = inject('server') === 'memory';

/** A test that needs what only Redis has: its own commands, rights and sockets, or a second process. */
export const itOnRedis: typeof it.skip = it.skipIf(isMemory);

/** Tests that are {@link itOnRedis}. */
export const describeOnRedis: typeof describe.skip = describe.skipIf(isMemory);

/**
 * Lets the tests of a file have a server of their own. The file runs twice: with Redis in the project `servers`, and with a server
 * in the process of the test in the project `memory`.
 */
export const useServer = (): TestServer => (isMemory ? useMemory() : onRedis(useRedis()));

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
    const connections = String(await redis.look.client('LIST')).split('\n');
    return connections.filter((line) => line.includes('name=nestjs-reqrep:')).length;
  },
  async cutConnections() {
    for (const type of ['normal', 'pubsub']) {
      await redis.look.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    }
  },
});

function useMemory(): TestServer {
  const url = `memory://test-${randomUUID()}`;
  let driver: MemoryDriver;
  // A server with a name lasts as long as somebody has it open.
  beforeAll(() => {
    driver = openMemory(url);
  });
  afterAll(() => driver.close());
  return {
    url,
    name: url,
    get look() {
      return new MemoryLook(driver.server);
    },
    async openConnections() {
      return driver.server.openLines.length;
    },
    async cutConnections() {
      driver.server.disconnect();
      driver.server.reconnect();
    },
    get redis(): TestRedis {
      throw new Error('There is no Redis: use itOnRedis');
    },
  };
}
