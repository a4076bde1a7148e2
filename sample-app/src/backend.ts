import { provideRedis, type RedisServer } from './redis-server.js';
import { InProcessWorker } from './in-process-worker.js';
import type { SampleWorker } from './sample-worker.js';
import { WorkerProcess } from './worker-process.js';

const WORKERS = 2;

/** What answers the requests: Redis and the workers. */
export interface Backend {
  readonly redis: RedisServer;
  readonly workers: readonly SampleWorker[];
}

/** What the user is told of it. */
export const describeBackend = ({ redis, workers }: Backend): string =>
  [redis.description, ...workers].join(redis.isInMemory ? '' : ', ');

/** Does something while Redis and the workers run, and stops what it started behind it. */
export async function withBackend(work: (backend: Backend) => Promise<void>): Promise<void> {
  const redis = await provideRedis();
  try {
    const workers = workersOf(redis);
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

function workersOf({ url, isInMemory }: RedisServer): SampleWorker[] {
  return isInMemory
    ? [new InProcessWorker(url)]
    : Array.from({ length: WORKERS }, (_, index) => new WorkerProcess(index + 1, url));
}
