import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { startLocalRedis, type LocalRedis } from '../../sample-app/src/local-redis.js';
import { emptyForSecondTries } from './second-tries.js';

/** A server for one test file, and a connection that looks at it. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly look: Redis;
}

/** Starts a Redis server before the tests of the file, and stops it behind them. */
export function useRedis(args: readonly string[] = []): TestRedis {
  let server: LocalRedis;
  let look: Redis;
  beforeAll(async () => {
    server = await startLocalRedis({ args });
    look = new Redis(server.url, { connectionName: 'look' });
  });
  afterAll(async () => {
    look.disconnect();
    await server.stop();
  });
  emptyForSecondTries(() => look.flushall());
  return {
    get url() {
      return server.url;
    },
    get port() {
      return server.port;
    },
    get look() {
      return look;
    },
  };
}
