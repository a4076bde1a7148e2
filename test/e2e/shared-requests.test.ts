import { Injectable } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import {
  OnJob,
  RemoteError,
  RequestClient,
  RequestTimeoutError,
  type JobContext,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

it.each([
  ['a time limit', { timeout: 20_000 }],
  ['no time limit', { timeout: 0 }],
])(
  'a job with %s whose handler shares a request of a job that runs out of time ends with an error, and not in silence',
  async (_, options) => {
    const [queue, unserved] = [randomQueue(), randomQueue()];
    @Injectable()
    class Worker {
      private price: Promise<unknown> | undefined;

      constructor(private readonly requests: RequestClient) {}

      @OnJob(queue)
      run(_data: unknown, job: JobContext) {
        this.price ??= this.ask(job);
        return this.price;
      }

      private async ask(job: JobContext) {
        await waitFor(() => job.timeLeft() === 0);
        return lastValueFrom(this.requests.send(unserved));
      }
    }
    const { client, log } = await startApp({ connection: server.url }, [Worker]);
    const first = failureOf(client.send(queue, 1, { timeout: 400 }));
    const began = performance.now();
    const second = failureOf(client.send(queue, 2, options));
    expect(await first).toBeInstanceOf(RequestTimeoutError);
    const error = await second;
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ remote: { code: 'REQUEST_TIMEOUT' } });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(log.text).toContain('Worker#run failed on job');
  },
);
