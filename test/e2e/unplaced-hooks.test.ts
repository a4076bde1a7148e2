import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

vi.mock('../../lib/nest/module/hook-order.js', () => ({ placeHooks: () => false }));

const redis = useRedis();

it('a Nest that lets no hooks be placed costs their order only, and it is said once', async () => {
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
    expect.stringMatching(/^warn Workers may start before other modules are up/),
  ]);
  expect(await redis.look.keys(`${queue}*`)).toEqual([]);
});
