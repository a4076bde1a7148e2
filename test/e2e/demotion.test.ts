import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { concatMap, firstValueFrom, lastValueFrom, range, toArray } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalRedis, type LocalRedis } from '../../sample-app/src/local-redis.js';
import { OnJob } from '../../lib/index.js';
import { connectionSource } from '../../lib/redis/topology/connection-source.js';
import { Connection } from '../../lib/redis/connection/connection.js';
import { startApp } from '../support/app.js';
import { proxyBefore, type LineProxy } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';

/** Two servers, the second a replica of the first, behind one address that leads to the first. */
async function replicated() {
  const folders = ['first-', 'second-'].map((name) => mkdtempSync(join(tmpdir(), name)));
  const starting = folders.map((folder) =>
    startLocalRedis({ args: ['--dir', folder, '--repl-diskless-sync-delay', '0'] }),
  );
  const servers = (await Promise.all(starting)) as [LocalRedis, LocalRedis];
  const [first, second] = servers;
  const [one, other] = servers.map(({ url }) => new Redis(url)) as [Redis, Redis];
  onTestFinished(async () => {
    one.disconnect();
    other.disconnect();
    await Promise.all(servers.map((server) => server.stop()));
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  });
  await other.replicaof('127.0.0.1', first.port);
  await waitFor(async () => /master_link_status:up/.test(await other.info('replication')));
  const proxy = await proxyBefore(first.port);
  return { first, second, one, other, proxy };
}

type Replicated = Awaited<ReturnType<typeof replicated>>;

/** Makes the second server the primary at once. Connections to the first stay. */
async function demote({ second, one, other, proxy }: Replicated): Promise<void> {
  await other.replicaof('NO', 'ONE');
  proxy.port = second.port;
  await one.replicaof('127.0.0.1', second.port);
}

/** Makes the second server the primary when it has all writes that the first has confirmed. */
async function failOver({ second, one, other, proxy }: Replicated): Promise<void> {
  await one.call('FAILOVER', 'TO', '127.0.0.1', second.port);
  await waitFor(async () => (await other.role())[0] === 'master');
  proxy.port = second.port;
  await waitFor(async () => (await one.role())[0] === 'slave');
}

const connectionTo = (proxy: LineProxy): Connection => {
  const connection = new Connection(connectionSource(proxy.url), 'test');
  onTestFinished(() => connection.close());
  return connection;
};

it('a connection to a server that was demoted is replaced by one to the new primary, blocked or not', async () => {
  const servers = await replicated();
  const [asking, blocked] = [connectionTo(servers.proxy), connectionTo(servers.proxy)];
  await Promise.all([asking.ready(), blocked.ready()]);
  const waiting = blocked.send((redis) => redis.blpop('nothing', 0)).catch(String);
  await demote(servers);
  const refusal = await asking.send((redis) => redis.rpush('list', 'value')).catch(String);
  expect(refusal).toContain('READONLY');
  expect(await waiting).toContain('UNBLOCKED');
  for (const connection of [asking, blocked]) {
    await connection.ready();
    await connection.send((redis) => redis.rpush('list', 'value'));
    expect(connection.server?.isReplica).toBe(false);
  }
  expect(await servers.other.llen('list')).toBe(2);
});

it('an application that meets a replica at its start says so and waits for a primary', async () => {
  const { first, second, proxy } = await replicated();
  proxy.port = second.port;
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const { client, log } = await startApp({ connection: proxy.url }, [Worker]);
  const reply = firstValueFrom(client.send(queue, 'waiting'));
  await waitFor(() => log.text.includes('is a replica, which accepts no writes'));
  proxy.port = first.port;
  expect(await reply).toBe('waiting');
});

it('requests, workers and streams go on when their server is demoted', async () => {
  const servers = await replicated();
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(data: number) {
      await delay(20);
      return data;
    }
    @OnJob(`${queue}stream`)
    stream() {
      return range(0, 60).pipe(concatMap((value) => delay(20, value)));
    }
  }
  const { client } = await startApp({ connection: servers.proxy.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, -1))).toBe(-1);
  const stream = lastValueFrom(client.send<number>(`${queue}stream`).pipe(toArray()));
  const asking = Array.from({ length: 40 }, async (_, data) => {
    await delay(data * 20);
    return firstValueFrom(client.send(queue, data, { timeout: 15_000 }));
  });
  await delay(200);
  await failOver(servers);
  expect(await Promise.all(asking)).toEqual([...asking.keys()]);
  expect(await stream).toEqual([...Array(60).keys()]);
});
