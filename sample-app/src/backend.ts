import { provideRedis, type RedisServer } from './redis-server.js';
import { InProcessWorker } from './in-process-worker.js';
import type { SampleWorker } from './sample-worker.js';
import { WorkerProcess } from './worker-process.js';

const WORKERS = 2;

/** Redis and the workers that reply to the requests. */
export interface Backend {
  readonly redis: RedisServer;
  readonly workers: readonly SampleWorker[];
}

/** Describes the backend for the user. */
export const describeBackend = ({ redis, workers }: Backend): string =>
  [redis.description, ...workers].join(redis.isInMemory ? '' : ', ');

/** Starts Redis and the workers, does some work, and stops them again. */
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
