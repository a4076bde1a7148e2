import { NoRedisError, startLocalRedis } from './local-redis.js';
import { SampleError } from './sample.error.js';

/** The Redis server of the sample, or the memory of this process in its place. */
export interface RedisServer {
  readonly url: string;
  /** The description for the user. */
  readonly description: string;
  /** Whether there is no Redis and everything runs in this process. */
  readonly isInMemory: boolean;
  stop(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** Provides the Redis of `REDIS_URL`, else starts one; without any Redis, the sample runs in memory. @throws SampleError */
export async function provideRedis(): Promise<RedisServer> {
  const url = process.env['REDIS_URL'];
  if (url) {
    return { url, description: 'Redis of REDIS_URL', isInMemory: false, stop: nothing };
  }
  try {
    const redis = await startLocalRedis();
    return {
      url: redis.url,
      description: `Redis on port ${redis.port} (pid ${redis.pid})`,
      isInMemory: false,
      stop: () => redis.stop(),
    };
  } catch (error) {
    if (error instanceof NoRedisError) {
      return {
        url: 'memory://sample',
        description: `Without Redis, all in one process: ${error.reason}. ${HOW_TO_GET_ONE}\n`,
        isInMemory: true,
        stop: nothing,
      };
    }
    throw new SampleError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const HOW_TO_GET_ONE =
  'For the real thing: apt-get install redis-server, brew install redis, or REDIS_URL=redis://HOST:PORT npm start';
