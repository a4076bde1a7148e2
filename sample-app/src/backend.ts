import { provideRedis, type RedisServer } from './redis-server.js';
import { WorkerProcess } from './worker-process.js';

const WORKERS = 2;

/** What answers the requests: Redis and the workers. */
export interface Backend {
  readonly redis: RedisServer;
  readonly workers: readonly WorkerProcess[];
}

/** Does something while Redis and the workers run, and stops what it started behind it. */
export async function withBackend(work: (backend: Backend) => Promise<void>): Promise<void> {
  const redis = await provideRedis();
  try {
    const workers = Array.from(
      { length: WORKERS },
      (_, index) => new WorkerProcess(index + 1, redis.url),
    );
    try {
      await Promise.all(workers.map((worker) => worker.ready()));
      await work({ redis, workers });
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  } finally {
    await redis.stop();
  }
}
