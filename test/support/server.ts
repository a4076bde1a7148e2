import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { MemoryDriver } from '../../lib/memory/memory-driver.js';
import { openMemory } from '../../lib/memory/open-memory.js';
import { MemoryLook } from './memory-look.js';
import { isMemory, useRedisOrCluster, type TestServer } from './redis-or-cluster.js';
import type { TestRedis } from './redis.js';

export { describeOnRedis, itOnOneServer, itOnRedis } from './redis-or-cluster.js';

/** A test that needs a server which other processes can reach. */
export const itOnServers: typeof it.skip = it.skipIf(isMemory);

/** Tests that are {@link itOnServers}. */
export const describeOnServers: typeof describe.skip = describe.skipIf(isMemory);

/**
 * Lets the tests of a file have a server of their own. The file runs with Redis in the project `servers`, with a server in the process of
 * the test in the project `memory`, and with a Cluster in the project `cluster` if that names it.
 */
export const useServer = (): TestServer => (isMemory ? useMemory() : useRedisOrCluster());

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
