import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { swallowAnswerTo } from '../support/swallowing-proxy.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

function echoing(...queues: string[]) {
  return queues.map((queue) => {
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        return data;
      }
    }
    return Worker;
  });
}

describe('workers whose first renewal fails', () => {
  it.each<[string, string, string, string]>([
    ['too few replicas', 'min-replicas-to-write', '1', '0'],
    ['too little memory for anything', 'maxmemory', '1', '0'],
  ])('start once Redis takes it, and the application before: %s', async (_, name, bad, good) => {
    const queue = randomQueue();
    onTestFinished(async () => void (await redis.look.config('SET', name, good)));
    await redis.look.config('SET', name, bad);
    const before = performance.now();
    const { app, client, log } = await startApp({ connection: redis.url }, echoing(queue));
    expect(performance.now() - before).toBeLessThan(6_000);
    await redis.look.config('SET', name, good);
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    await waitFor(() => app.get(ReplyWorkers).status.state === 'running');
    expect(log.lines.filter((line) => line.includes('Cannot renew the lease')).length).toBeLessThan(
      2,
    );
  });

  it('say what Redis refuses, once, and start when it is allowed', async () => {
    const queue = randomQueue();
    const user = (...rules: string[]) => redis.look.call('ACL', 'SETUSER', 'poor', ...rules);
    await user('on', '>x', '~*', '&*', '+@all', '-zadd');
    const connection = redis.url.replace('redis://', 'redis://poor:x@');
    const { app, client, log } = await startApp({ connection }, echoing(queue));
    expect(app.get(ReplyWorkers).status.state).toBe('starting');
    const lines = log.lines.filter((line) => line.includes('Cannot renew the lease'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error .*ZADD/);
    expect(lines[0]).toContain(`queue "${queue}"`);
    expect(lines[0]).toContain(`"${queue}workers"`);
    await user('+zadd');
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    await waitFor(() => app.get(ReplyWorkers).status.state === 'running');
    expect(log.text).toContain('is renewed again');
  });

  it('can be stopped meanwhile, and started anew', async () => {
    const queue = randomQueue();
    await redis.look.set(`${queue}workers`, 'no sorted set');
    const { app, client } = await startApp(
      { connection: redis.url, workers: 'manual' },
      echoing(queue),
    );
    const workers = app.get(ReplyWorkers);
    const started = workers.start();
    await delay(100);
    await workers.stop();
    await started;
    expect(workers.status.state).toBe('stopped');
    await redis.look.del(`${queue}workers`);
    await workers.start();
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  });

  it('try again where the connection breaks', async () => {
    const queue = randomQueue();
    const connection = await swallowAnswerTo(redis.port, (command) => command.includes('workers'));
    const { app, client } = await startApp({ connection }, echoing(queue));
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    await waitFor(() => app.get(ReplyWorkers).status.state === 'running');
  });
});

describe('a queue whose lease is refused', () => {
  const kill = () => redis.look.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

  it('does not keep the others from starting, nor from going on after a reconnect', async () => {
    const [odd, even, third] = [randomQueue(), randomQueue(), randomQueue()];
    await redis.look.set(`${odd}workers`, 'no sorted set');
    const { client, log } = await startApp(
      { connection: redis.url, lease: 300 },
      echoing(odd, even, third),
    );
    for (const queue of [even, third]) {
      expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    }
    // One that another worker left behind is found, too.
    const server = /run_id:(\S+)/.exec(await redis.look.info('server'))?.[1] ?? '';
    await redis.look.zadd(`${even}workers`, 1, 'old');
    const connections = '9999999@127.0.0.1:1';
    await redis.look.hset(`${even}worker:old`, { slots: 1, server, connections });
    await waitFor(async () => (await redis.look.exists(`${even}worker:old`)) === 0);
    await kill();
    for (const queue of [even, third]) {
      expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
    }
    expect(log.lines.filter((line) => line.includes(`"${odd}"`)).length).toBe(1);
    await redis.look.del(`${odd}workers`);
    expect(await firstValueFrom(client.send(odd, 3))).toBe(3);
  });

  it('does not stop the others when it comes later', async () => {
    const [odd, even] = [randomQueue(), randomQueue()];
    const { client } = await startApp({ connection: redis.url, lease: 300 }, echoing(odd, even));
    await redis.look.set(`${odd}workers`, 'no sorted set');
    await kill();
    expect(await firstValueFrom(client.send(even, 1))).toBe(1);
    const score = () => redis.look.zrange(`${even}workers`, 0, '0', 'WITHSCORES');
    const [, before] = await score();
    await waitFor(async () => (await score())[1] !== before);
    await redis.look.del(`${odd}workers`);
    expect(await firstValueFrom(client.send(odd, 2))).toBe(2);
  });
});

describe('a start that fails', () => {
  it.each([1, 2, 3, 4])(
    'leaves nothing behind and can be tried again: connection %i',
    async (bad) => {
      const queues = [randomQueue(), randomQueue()];
      let made = 0;
      let isBroken = true;
      const connection = () => {
        if (++made === bad && isBroken) {
          throw new Error('no connection');
        }
        return new Redis(redis.url);
      };
      const { app, client, log } = await startApp(
        { connection, workers: 'manual', lease: 200 },
        echoing(...queues),
      );
      const workers = app.get(ReplyWorkers);
      const failure = await workers.start().then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (failure === undefined) {
        // Nobody waits for the connection that hears of cancellations.
        expect(log.text).toContain('no connection');
      } else {
        expect(failure).toBe('no connection');
        expect(workers.status.state).toBe('stopped');
        await waitFor(async () => {
          const keys = await Promise.all(queues.map((queue) => redis.look.keys(`${queue}*`)));
          return keys.flat().length === 0;
        });
        await delay(300);
        expect(await redis.look.exists(...queues.map((queue) => `${queue}workers`))).toBe(0);
      }
      isBroken = false;
      await workers.start();
      for (const queue of queues) {
        expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
      }
    },
  );

  it('holds no process when it is the start of the application', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue, { instance: 'failing' })
      run(data: unknown) {
        return data;
      }
    }
    let made = 0;
    const connection = () => {
      // Commands, cancellations, and then the queue.
      if (++made === 3) {
        throw new Error('no connection');
      }
      return new Redis(redis.url);
    };
    await expect(startApp({ connection, name: 'failing' }, [Worker])).rejects.toThrow(
      'no connection',
    );
    await waitFor(async () => !String(await redis.look.client('LIST')).includes(':failing:'));
    expect(await redis.look.exists(`${queue}workers`)).toBe(0);
  });
});
