import { Queue, QueueEvents, Worker, type Job } from 'bullmq';
import { answer, type Payload, type System } from './system.js';

/** As many as it may have in flight: its documentation says 100 to 300 for jobs that do little. */
const CONCURRENCY = 256;

/** Of finished jobs; `waitUntilFinished` fails for one that is gone before it asks. */
const MOST_KEPT = 10_000;

function connectionOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

export const system: System = {
  name: 'bullmq',
  title: 'BullMQ waitUntilFinished',
  server: 'Redis',
  setup:
    `A worker with a concurrency of ${CONCURRENCY}, as its documentation says for short jobs, and all but the last ` +
    `${MOST_KEPT} finished jobs removed, so that Redis does not fill up; without Nest around it, which could only cost.`,
  cannot: { stream: 'a job has one result' },
  serve: async (url, queues) => {
    const workers = queues.map(
      (queue) =>
        new Worker<Payload, Payload>(queue, async ({ data }) => answer(data), {
          connection: connectionOf(url),
          concurrency: CONCURRENCY,
        }),
    );
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    return {
      close: async () => {
        await Promise.all(workers.map((worker) => worker.close()));
      },
    };
  },
  connect: async (url, queues) => {
    const connection = connectionOf(url);
    const open = queues.map(
      (name) =>
        [
          name,
          {
            queue: new Queue<Payload, Payload>(name, {
              connection,
              defaultJobOptions: { removeOnComplete: { count: MOST_KEPT } },
            }),
            events: new QueueEvents(name, { connection }),
          },
        ] as const,
    );
    const byName = new Map(open);
    for (const { events, queue } of byName.values()) {
      // One for each request that waits.
      events.setMaxListeners(0);
      queue.setMaxListeners(0);
      await Promise.all([events.waitUntilReady(), queue.waitUntilReady()]);
    }
    return {
      ask: (name, data, onEnd) => {
        const { queue, events } = byName.get(name) ?? {};
        if (!queue || !events) {
          throw new Error(`No queue "${name}"`);
        }
        queue
          .add('double', data)
          .then((job: Job<Payload, Payload>) => job.waitUntilFinished(events))
          .then((reply) => onEnd(undefined, reply), onEnd);
      },
      close: async () => {
        for (const { events, queue } of byName.values()) {
          await Promise.all([events.close(), queue.close()]);
        }
      },
    };
  },
};
