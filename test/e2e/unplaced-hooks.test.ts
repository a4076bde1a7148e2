import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

vi.mock('../../lib/nest/module/hook-order.js', () => ({ placeHooks: () => false }));

const redis = useRedis();

it('with a Nest that does not allow to order hooks, only their order is lost, and one line says so', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const { app, client, log } = await startApp({ connection: redis.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 'here'))).toBe('here');
  await app.close();
  expect(log.lines).toEqual([
    expect.stringMatching(/^warn Workers may start before other modules have started/),
  ]);
  expect(await redis.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
});
