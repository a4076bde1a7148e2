import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startUnderTest } from '../support/app-under-test.js';
import { failureOf } from '../support/failure-of.js';
import { waitFor } from '../support/wait-for.js';

@Injectable()
class Worker {
  @OnJob('double')
  double(data: number): number {
    if (typeof data !== 'number') {
      throw new TypeError('no number');
    }
    return 2 * data;
  }

  @OnJob('lines')
  lines(broken: boolean) {
    return broken ? throwError(() => new Error('broken')) : of('one', 'two');
  }

  @OnJob('endless', { concurrency: 2 })
  async endless(_data: unknown, job: JobContext): Promise<void> {
    await once(job.signal, 'abort');
    // Else it would reply, which might come before its caller's own time is over.
    throw job.signal.reason;
  }
}

const start = () => startUnderTest([Worker], { shutdownTimeout: 10 });

describe('a job ended', () => {
  it('`replied` with its reply, and with the end of its stream', async () => {
    const { client, queues } = await start();
    await firstValueFrom(client.send('double', 21));
    await lastValueFrom(client.send('lines', false));
    expect(queues.jobs('double')).toMatchObject([{ end: 'replied', reply: 42, deliveries: 1 }]);
    expect(queues.jobs('lines')).toMatchObject([{ end: 'replied', values: ['one', 'two'] }]);
    expect(queues.jobs('lines')[0]).not.toHaveProperty('reply');
  });

  it('`replied` to a caller of the original protocol, too', async () => {
    const { client, queues } = await start();
    await firstValueFrom(client.send('double', 21, { protocol: 1 }));
    expect(queues.jobs('double')).toMatchObject([{ end: 'replied', reply: 42 }]);
  });

  it('`failed` with the error that its caller gets', async () => {
    const { client, queues } = await start();
    await failureOf(client.send('double', 'x'));
    await failureOf(client.send('lines', true));
    expect(queues.jobs('double')).toMatchObject([
      { end: 'failed', error: { name: 'TypeError', message: 'no number' } },
    ]);
    expect(queues.jobs('lines')).toMatchObject([{ end: 'failed', error: { message: 'broken' } }]);
  });

  it('as a `dead letter` if its workers were lost too often', async () => {
    const { client, queues } = await start();
    const failure = failureOf(client.send('endless', null, { maxDeliveries: 1 }));
    await queues.running('endless');
    queues.loseWorker('endless');
    expect(await failure).toMatchObject({ code: 'WORKER_LOST' });
    expect(queues.jobs('endless')).toMatchObject([
      {
        end: 'dead letter',
        dead: { reason: 'out of deliveries', message: expect.stringContaining('started once') },
        error: { name: 'WorkerLostError' },
      },
    ]);
  });

  it('`cancelled` if its caller cancelled it, whether it ran or waited', async () => {
    const { client, queues } = await start();
    const calls = [1, 2, 3].map((data) => client.send('endless', data).subscribe());
    const states = () => queues.jobs('endless').map(({ state }) => state);
    await waitFor(() => states().join() === 'running,running,waiting');
    calls.toReversed().forEach((call) => call.unsubscribe());
    await queues.settled();
    expect(queues.jobs('endless').map(({ end }) => end)).toEqual(Array(3).fill('cancelled'));
  });

  it('`expired` if its deadline passed, whether it ran or waited, with or without a caller', async () => {
    const { client, queues } = await start();
    await failureOf(client.send('endless', null, { timeout: 50 }));
    await queues.hold('double');
    client.emit('double', 1, { timeout: 50 });
    await failureOf(client.send('double', 2, { timeout: 50 }));
    queues.release('double');
    await queues.settled();
    expect(queues.jobs('endless')).toMatchObject([{ end: 'expired', deliveries: 1 }]);
    expect(queues.jobs('double').map(({ end }) => end)).toEqual(['expired', 'expired']);
  });

  it('`unanswered` if it was emitted, and a `dead letter` if its handler threw', async () => {
    const { client, queues, log } = await start();
    const deadline = Date.now() + 200;
    client.emit('double', 1, { timeout: 200 });
    client.emit('double', 'x');
    await queues.settled();
    await waitFor(() => Date.now() > deadline);
    expect(queues.jobs('double').map(({ end }) => end)).toEqual(['unanswered', 'dead letter']);
    expect(queues.jobs('double')[1]?.dead).toEqual({
      reason: 'failed',
      message: expect.stringContaining('no number'),
    });
    expect(log.text).toContain('no number');
  });
});

describe('a job that has not ended', () => {
  it('has no end, and counts its deliveries', async () => {
    const { client, queues } = await start();
    await queues.hold('double');
    client.emit('double', 1);
    await queues.settled();
    const [job] = queues.jobs('double');
    expect(job).toMatchObject({ state: 'waiting', deliveries: 0 });
    expect(job).not.toHaveProperty('end');
  });

  it('counts one delivery if it is taken with others', async () => {
    const { client, queues } = await start();
    await queues.hold('double');
    [1, 2, 3].forEach((data) => client.emit('double', data));
    await queues.settled();
    queues.release('double');
    await queues.settled();
    expect(queues.jobs('double').map(({ deliveries }) => deliveries)).toEqual([1, 1, 1]);
  });

  it('was given back by a worker that stopped', async () => {
    const { app, client, queues } = await start();
    client.emit('endless');
    await queues.running('endless');
    await app.get(ReplyWorkers).stop();
    expect(queues.jobs('endless')).toMatchObject([{ state: 'waiting', deliveries: 1 }]);
  });

  it('was delivered again after its worker was lost', async () => {
    const { client, queues } = await start();
    client.emit('endless');
    await queues.running('endless');
    queues.loseWorker('endless');
    await waitFor(() => queues.jobs('endless')[0]?.deliveries === 2);
  });
});

it('`running` waits for handlers that run at the same time', async () => {
  const { client, queues } = await start();
  let isRunning = false;
  const running = queues.running('endless', { count: 2 }).then(() => (isRunning = true));
  client.emit('endless');
  await queues.running('endless');
  expect(isRunning).toBe(false);
  client.emit('endless');
  await running;
  expect(queues.jobs('endless').map(({ state }) => state)).toEqual(['running', 'running']);
});
