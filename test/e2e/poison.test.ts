import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { WorkerLostError } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

const redis = useRedis();

/** Keeps so many worker processes alive until the test is over: each that dies is followed by another. */
async function keepWorkers(count: number, env: Readonly<Record<string, string>>): Promise<void> {
  let isOver = false;
  const started = new Set<Promise<unknown>>();
  const start = async (): Promise<void> => {
    const child: ChildProcess = await startProcess('worker', env);
    void once(child, 'exit').then(() => isOver || add());
  };
  const add = (): void => {
    const starting = start().catch(() => undefined);
    started.add(starting);
    void starting.then(() => started.delete(starting));
  };
  onTestFinished(async () => {
    isOver = true;
    await Promise.all(started);
  });
  await Promise.all(Array.from({ length: count }, start));
}

it.each([
  { poisons: [70], ms: '0', workers: 2 },
  { poisons: [3, 110], ms: '20', workers: 2 },
])(
  'jobs $poisons kill their worker, and all of 200 others run ($workers workers, $ms ms a job)',
  async ({ poisons, ms, workers }) => {
    const queue = randomQueue();
    const { client } = await startApp({ connection: redis.url, workers: false });
    const ends = Array.from({ length: 200 + poisons.length }, (_, index) =>
      firstValueFrom(
        client.send(queue, poisons.includes(index) ? 'poison' : index, { timeout: 40_000 }),
      ).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === ends.length);
    await keepWorkers(workers, {
      QUEUE: queue,
      REDIS_URL: redis.url,
      MS: ms,
      OPTIONS: JSON.stringify({ lease: 300, stallLimit: 60_000 }),
    });
    const errors = await Promise.all(ends);
    const failed = errors.flatMap((error, index) => (error === undefined ? [] : [index]));
    expect(failed).toEqual(poisons);
    poisons.forEach((index) => expect(errors[index]).toBeInstanceOf(WorkerLostError));
    expect(await countDead(redis.look, queue)).toBe(poisons.length);
  },
  50_000,
);
