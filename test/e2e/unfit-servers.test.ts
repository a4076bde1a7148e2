import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { Redis } from 'ioredis';
import { OnJob, PushFailedError, ReplyWorkers } from '../../lib/index.js';
import { startLocalRedis } from '../../sample-app/src/local-redis.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { proxyBefore } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** A server for one test, with a connection to it. */
async function serverWith(...args: string[]) {
  const server = await startLocalRedis({ args });
  const look = new Redis(server.url, { enableReadyCheck: false });
  onTestFinished(async () => {
    look.disconnect();
    await server.stop();
  });
  return { ...server, look };
}

const user = async (name: string, ...rules: string[]): Promise<string> => {
  await redis.look.call('ACL', 'SETUSER', name, 'on', '>secret', '~*', '&*', '+@all', ...rules);
  return redis.url.replace('//', `//${name}:secret@`);
};

/** Starts a requester and a worker at a server that cannot serve them. @returns what both are told. */
async function refusalAt(connection: string) {
  const queue = randomQueue();
  const { client, log, app } = await startApp({ connection }, [echoOf(queue)]);
  const error = await failureOf(client.send(queue, 'job', { timeout: 5_000 }));
  expect(error).toBeInstanceOf(PushFailedError);
  const errorsOf = (): string[] => log.linesOfWork.filter((line) => line.startsWith('error'));
  await waitFor(() => errorsOf().length > 0);
  const errors = errorsOf();
  return { reason: String(error), errors, queue, client, app };
}

it('a node of a Cluster is named as such at the start and in the errors of requests', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reqrep-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const server = await serverWith('--cluster-enabled', 'yes', '--dir', folder);
  const { reason, errors } = await refusalAt(server.url);
  expect(errors).toHaveLength(1);
  for (const text of [reason, errors[0]]) {
    expect(text).toContain(`redis://127.0.0.1:${server.port}/0 is a node of a Redis Cluster`);
  }
});

it('a server without BLMOVE is refused with its version', async () => {
  const proxy = await proxyBefore(redis.port, {
    rewrite: (answer) =>
      Buffer.from(
        answer
          .toString('latin1')
          .replace(/redis_version:(\S+)/, (line) => 'redis_version:6.0.1'.padEnd(line.length, '6')),
        'latin1',
      ),
  });
  const { reason, errors } = await refusalAt(proxy.url);
  expect(errors).toHaveLength(1);
  for (const text of [reason, errors[0]]) {
    expect(text).toMatch(/is Redis 6\.0\.1\S* without the command BLMOVE: use Redis 6\.2 or newer/);
  }
});

it('a server whose BLMOVE was renamed away is refused, too, and where INFO was as well', async () => {
  const hidden = ['--rename-command', 'BLMOVE', ''];
  const server = await serverWith(...hidden);
  expect((await refusalAt(server.url)).reason).toMatch(/is Redis \d\S* without the command BLMOVE/);
  const silent = await serverWith(...hidden, '--rename-command', 'INFO', '');
  expect((await refusalAt(silent.url)).reason).toMatch(/is a Redis without the command BLMOVE/);
});

it('a server that refuses TIME is refused by name, until it allows it', async () => {
  const connection = await user('timeless', '-time');
  const { reason, errors, queue, client, app } = await refusalAt(connection);
  for (const text of [reason, errors[0]]) {
    expect(text).toContain('refuses user "timeless" TIME');
    expect(text).toContain('ACL SETUSER timeless +time');
    expect(text).not.toContain('local clock');
    expect(text).not.toContain('secret');
  }
  await user('timeless', '+time');
  await waitFor(() => app.get(ReplyWorkers).status.state === 'running');
  expect(await firstValueFrom(client.send(queue, 'allowed'))).toBe('allowed');
});

it('a server that refuses INFO serves', async () => {
  const queues = [randomQueue(), randomQueue()];
  const renamed = await serverWith('--rename-command', 'INFO', '');
  for (const connection of [await user('uninformed', '-info'), renamed.url]) {
    const queue = queues.pop() ?? '';
    const { client, log } = await startApp({ connection }, [echoOf(queue)]);
    expect(await firstValueFrom(client.send(queue, 'here'))).toBe('here');
    expect(log.linesOfWork).toEqual([]);
  }
});

it('a server that has no more room for clients is quoted, and served by when it has', async () => {
  const server = await serverWith('--maxclients', '1');
  await server.look.ping();
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: server.url }, [echoOf(queue)]);
  const reply = firstValueFrom(client.send(queue, 'waiting'));
  await waitFor(() => log.text.includes('max number of clients reached'));
  expect(log.text).toContain(`127.0.0.1:${server.port}`);
  await server.look.config('SET', 'maxclients', '100');
  expect(await reply).toBe('waiting');
});

it.each([
  ['allkeys-lru', 'removes whole queues and running jobs'],
  ['volatile-ttl', 'removes replies'],
])('a server that may evict by %s is warned of once', async (policy, loss) => {
  const server = await serverWith('--maxmemory-policy', policy);
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: server.url }, [echoOf(queue)]);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  await server.look.call('CLIENT', 'KILL', 'TYPE', 'normal');
  expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
  const warnings = log.lines.filter((line) => line.includes('maxmemory-policy'));
  expect(warnings).toHaveLength(1);
  for (const part of [`127.0.0.1:${server.port}`, `"${policy}"`, loss, 'noeviction']) {
    expect(warnings[0]).toContain(part);
  }
});

it('a server that evicts nothing is not warned of', async () => {
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: redis.url }, [echoOf(queue)]);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  expect(log.text).toBe('');
});

it('a refused SUBSCRIBE is said once, by the name of the channel, and tried again', async () => {
  const queue = randomQueue();
  const connection = await user('deaf', 'resetchannels');
  let aborted = 0;
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown, { signal }: { signal: AbortSignal }) {
      signal.addEventListener('abort', () => aborted++);
      return data === 'quick'
        ? data
        : new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
  }
  const { log } = await startApp({ connection }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 'quick'))).toBe('quick');
  // After a reconnect it is refused again, which nobody may be left to handle.
  await redis.look.call('CLIENT', 'KILL', 'USER', 'deaf');
  expect(await firstValueFrom(client.send(queue, 'quick'))).toBe('quick');
  const lines = log.linesOfWork.filter((line) => line.includes('SUBSCRIBE'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`"${queue}cancel"`);
  await user('deaf', 'allchannels');
  const channel = `${queue}cancel`;
  await waitFor(async () => ((await redis.look.pubsub('NUMSUB', channel)) as unknown[])[1] === 1);
  const held = client.send(queue, 'held').subscribe();
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 1);
  held.unsubscribe();
  await waitFor(() => aborted > 0);
});
