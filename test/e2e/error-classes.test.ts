import { HttpException, Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import { OnJob, RemoteError } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

class Declined extends Error {
  constructor(readonly account: string) {
    super(`${account} has nothing left`);
  }
}

class Throttled extends HttpException {
  constructor(readonly retryAfter: number) {
    super({ text: 'later' }, 429);
  }
}

async function start(errors: (typeof Declined | typeof Throttled)[]) {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(kind: string) {
      if (kind === 'http') {
        throw new Throttled(7);
      }
      throw kind === 'other' ? new TypeError('other') : new Declined('ann');
    }
  }
  const worker = await startApp({ connection: server.url, errors: [Declined, Throttled] }, [
    Worker,
  ]);
  const { client } = await startApp({ connection: server.url, workers: false, errors });
  return { log: worker.log, fail: (kind?: string) => failureOf(client.send(queue, kind)) };
}

it('an error of a registered class arrives as one of that class, and is not logged', async () => {
  const { fail, log } = await start([Declined, Throttled]);
  const error = await fail();
  expect(error).toBeInstanceOf(Declined);
  expect(error).toMatchObject({ message: 'ann has nothing left', account: 'ann' });
  const throttled = await fail('http');
  expect(throttled).toBeInstanceOf(Throttled);
  expect(throttled).toMatchObject({ retryAfter: 7 });
  expect([(throttled as Throttled).getStatus(), (throttled as Throttled).getResponse()]).toEqual([
    429,
    { text: 'later' },
  ]);
  expect(log.text).not.toContain('error');
});

it('an error of any other class arrives as a RemoteError', async () => {
  const { fail } = await start([Declined, Throttled]);
  const error = await fail('other');
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({ message: 'other', remote: { name: 'TypeError' } });
});

it('a caller that has not registered the class gets a RemoteError', async () => {
  const { fail } = await start([]);
  expect(await fail()).toMatchObject({ code: 'REMOTE', remote: { name: 'Declined' } });
  const throttled = await fail('http');
  expect(Object.getPrototypeOf(throttled)).toBe(HttpException.prototype);
  expect((throttled as HttpException).getStatus()).toBe(429);
});
