import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, OnJob, type JobContext } from '../../lib/index.js';
import * as core from '../../lib/core/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep } from '../support/open-reqrep.js';
import { hasEnded, startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { describeOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

describeOnRedis('a process without Nest', () => {
  it('the core gets replies from a Nest application', async () => {
    const queue = randomQueue();
    const worker = await startProcess('worker', { QUEUE: queue, REDIS_URL: server.url });
    const { client } = openReqRep({ connection: server.url });
    const reply = await client.request(queue, 'hello');
    expect(reply).toEqual({ data: 'hello', pid: worker.pid, attempt: 1 });
  });

  it('the core replies to a Nest application, and sends it requests', async () => {
    const [queue, next] = [randomQueue(), randomQueue()];
    const worker = await startProcess('core-worker', {
      QUEUE: queue,
      NEXT: next,
      REDIS_URL: server.url,
    });
    @Injectable()
    class Next {
      @OnJob(next)
      run(data: number, { headers }: JobContext) {
        return { square: data * data, headers };
      }
    }
    const { client } = await startApp({ connection: server.url }, [Next]);
    const headers = { traceparent: '00-1-2-01' };
    expect(await client.request(queue, 5, { headers })).toEqual({
      next: { square: 25, headers },
      headers,
      pid: worker.pid,
    });
    await stopProcess(worker);
    expect(worker.exitCode).toBe(0);
    expect(await server.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
  });

  it('the core and a Nest application exchange HttpExceptions', async () => {
    const [queue, next] = [randomQueue(), randomQueue()];
    const { client: coreClient, workers } = openReqRep({ connection: server.url });
    await workers.serve(queue, () => Promise.reject(new NotFoundException('no such report')));
    @Injectable()
    class Next {
      @OnJob(next)
      run() {
        throw new ConflictException('there is one');
      }
    }
    const { client } = await startApp({ connection: server.url }, [Next]);
    const arrived = await failureOf(client.send(queue));
    expect(arrived).toBeInstanceOf(NotFoundException);
    expect(arrived).toMatchObject({ status: 404, message: 'no such report' });
    expect(await failureOf(coreClient.send(next))).toMatchObject({
      code: 'REMOTE',
      message: 'there is one',
      remote: { status: 409 },
    });
  });

  it('a process with the core exits once it has closed', async () => {
    const script = await startProcess('core-script', {
      QUEUE: randomQueue(),
      REDIS_URL: server.url,
    });
    await waitFor(() => hasEnded(script));
    expect(script.exitCode).toBe(0);
  });
});

describe('the core within a Nest application', () => {
  it('inherits from the job whose handler sends the request', async () => {
    const [queue, next] = [randomQueue(), randomQueue()];
    const { client, workers } = openReqRep({ connection: server.url });
    await workers.serve(next, (_, { headers }) => headers);
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return client.request(next);
      }
    }
    const app = await startApp({ connection: server.url }, [Worker]);
    const headers = { traceparent: '00-1-2-01' };
    expect(await app.client.request(queue, null, { headers })).toEqual(headers);
  });

  it('exports the same classes', () => {
    expect(core.InvalidOptionError).toBe(InvalidOptionError);
  });
});
