import { Injectable, type OnModuleInit } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers, RequestClient, type ReqRepModuleOptions } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Returns the timeout error of a request to a queue for which this process has a handler. */
async function start(options: ReqRepModuleOptions) {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const { app, client, log } = await startApp({ connection: server.url, ...options }, [Worker]);
  const ask = async (data: unknown = 1): Promise<string> => {
    const waiting = await failureOf(client.send(queue, data, { timeout: 100 }));
    return String(waiting);
  };
  return { queue, app, client, ask, log, workers: app.get(ReplyWorkers) };
}

it('a request in onModuleInit to a queue of the same process times out with the advice to send it later', async () => {
  const queue = randomQueue();
  const told: string[] = [];
  @Injectable()
  class Worker implements OnModuleInit {
    constructor(private readonly client: RequestClient) {}

    @OnJob(queue)
    run(data: unknown) {
      return data;
    }

    async onModuleInit() {
      for (const options of [{ timeout: 100 }, { requireWorker: true }]) {
        told.push(String(await failureOf(this.client.send(queue, 1, options))));
      }
    }
  }
  await startApp({ connection: server.url }, [Worker]);
  for (const text of told) {
    expect(text).toContain('This process serves it (Worker#run), but its workers start only after');
    expect(text).toContain('send the request after the start, or do not await it in the hook');
    expect(text).not.toContain('@OnJob');
  }
  expect(told[0]).toContain(`Request to queue "${queue}" timed out after 100 ms`);
  expect(told).toHaveLength(2);
});

it('the advice of a timeout fits workers that are manual, off, paused or stopped', async () => {
  const manual = await start({ workers: 'manual' });
  expect(await manual.ask()).toContain("(`workers: 'manual'`): call start() of ReplyWorkers");
  await manual.workers.start();
  await manual.workers.pause(manual.queue);
  expect(await manual.ask()).toContain(
    `This process has paused it: call resume('${manual.queue}') of ReplyWorkers.`,
  );
  await manual.workers.stop();
  expect(await manual.ask()).toContain('was stopped: call start() of ReplyWorkers');
  const off = await start({ workers: false });
  expect(await off.ask()).toContain('starts no workers (`workers: false`): remove that option');
});

itOnRedis('the error of an emit that times out says that its job was not pushed', async () => {
  const { client, queue } = await start({ workers: false });
  await server.redis.look.config('SET', 'min-replicas-to-write', '1');
  onTestFinished(async () => {
    await server.redis.look.config('SET', 'min-replicas-to-write', '0');
  });
  const error = await failureOf(client.emit(queue, 1, { timeout: 200 }));
  expect(String(error)).toMatch(
    /Job for queue ".*" was not pushed within 200 ms \(job .*NOREPLICAS/,
  );
});

it('a slow stop logs the jobs that it waits for', async () => {
  const queue = randomQueue();
  let end = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    end = resolve;
  });
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return running;
    }
  }
  const { app, client, log } = await startApp({ connection: server.url }, [Worker]);
  const workers = app.get(ReplyWorkers);
  // The last reply may arrive after its client was closed, which is not tested here.
  client.send(queue, 1).subscribe({ error: () => undefined });
  await waitFor(() => workers.status.queues[0]?.busy === 1);
  const closed = app.close();
  await waitFor(() => log.text.includes('waiting up to'));
  end();
  await closed;
  expect(log.lines.filter((line) => line.includes('waiting up to'))).toEqual([
    `log Stopping workers: waiting up to 10000 ms (shutdownTimeout) for 1 run of queue "${queue}" (Worker#run) ReqRep`,
  ]);
});
