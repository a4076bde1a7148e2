import { startLocalRedis } from './local-redis.js';
import { SampleError } from './sample.error.js';

/** The Redis server that the sample talks to. */
export interface RedisServer {
  readonly url: string;
  /** What the user is told of it. */
  readonly description: string;
  stop(): Promise<void>;
}

/** The one that `REDIS_URL` names, else one of our own. @throws SampleError */
export async function provideRedis(): Promise<RedisServer> {
  const url = process.env['REDIS_URL'];
  if (url) {
    return { url, description: 'Redis of REDIS_URL', stop: () => Promise.resolve() };
  }
  try {
    const redis = await startLocalRedis();
    return {
      url: redis.url,
      description: `Redis on port ${redis.port} (pid ${redis.pid})`,
      stop: () => redis.stop(),
    };
  } catch (error) {
    throw new SampleError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
