import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Accepts connections and passes nothing on before it is told to, as a server that is stopped does. */
async function silentServer(): Promise<{ url: string; wake(): void }> {
  const sockets: Socket[] = [];
  let isAwake = false;
  const passOn = (near: Socket): void => {
    const far = connect(redis.port, '127.0.0.1');
    near.pipe(far).pipe(near);
    far.on('error', () => undefined);
    near.on('close', () => far.destroy());
  };
  const server = createServer((near) => {
    near.on('error', () => undefined);
    sockets.push(near);
    if (isAwake) {
      passOn(near);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wake: () => {
      isAwake = true;
      sockets.forEach(passOn);
    },
  };
}

it('an application starts beside a Redis that is silent, says so, and serves when it speaks', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const { url, wake } = await silentServer();
  const { app, client, log } = await startApp({ connection: url }, [Worker]);
  expect(log.lines).toEqual([
    expect.stringMatching(/^warn redis:\/\/127\.0\.0\.1:\d+\/0 does not answer/),
  ]);
  expect(app.get(ReplyWorkers).status.state).toBe('starting');
  const reply = firstValueFrom(client.send(queue, 'at last'));
  wake();
  expect(await reply).toBe('at last');
  await waitFor(() => log.text.includes('Redis can be used again'));
});
