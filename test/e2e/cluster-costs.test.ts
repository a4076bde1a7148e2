import { setTimeout as delay } from 'node:timers/promises';
import { shardIndexOf } from '../../lib/redis/shard-of-queue.js';
import { Injectable, type Type } from '@nestjs/common';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { useCluster } from '../support/cluster.js';
import { openReqRep } from '../support/open-reqrep.js';
import { waitFor } from '../support/wait-for.js';

const cluster = useCluster({ replicas: 0 });

const QUEUES = 50;
const SHARDS = 16;

/** How long commands are counted while nobody asks for anything, ms. */
const IDLE_MS = 3_000;

/**
 * Expected are 27: a worker renews 50 leases every 3.3 s, waits anew for the jobs of 50 queues every 5 s, and pings on 16 connections every
 * 10 s; a client waits anew for replies of 16 shards every 5 s.
 */
const MOST_COMMANDS_A_SECOND = 75;

/** Commands that are sent while nothing happens. Scripts carry out others, which nobody sends. */
const SENT = new Set(['evalsha', 'eval', 'blmove', 'ping', 'publish', 'subscribe', 'llen']);

it('50 queues on 16 shards take a client 32 connections and a worker 82, and few commands while nothing happens', async () => {
  const queues = queuesInAllShards();
  await startApp({ connection: cluster.connection, shards: SHARDS }, [workerOf(queues)]);
  await reaches(82);
  const { client } = openReqRep({ connection: cluster.connection, shards: SHARDS });
  await Promise.all(queues.map((queue) => client.request(queue)));
  await reaches(82 + 32);
  const before = await commandsSent();
  await delay(IDLE_MS);
  const perSecond = ((await commandsSent()) - before) / (IDLE_MS / 1_000);
  process.stdout.write(
    `a worker of 50 queues on a Cluster and a client of it, idle: ${perSecond.toFixed(1)} commands a second\n`,
  );
  expect(perSecond).toBeGreaterThan(0);
  expect(perSecond).toBeLessThan(MOST_COMMANDS_A_SECOND);
});

it('without Nest, each queue that is served has one connection more, for its cancellations', async () => {
  const { workers } = openReqRep({ connection: cluster.connection, shards: SHARDS });
  const before = await openConnections();
  await Promise.all(queuesInAllShards().map((queue) => workers.serve(queue, (data) => data)));
  await reaches(before + 50 + 50 + 16);
});

function workerOf(queues: readonly string[]): Type {
  @Injectable()
  class Worker {
    run(data: unknown): unknown {
      return data;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Worker.prototype, 'run') ?? {};
  queues.forEach((queue) => OnJob(queue)(Worker.prototype, 'run', descriptor));
  return Worker;
}

/** @returns queues of which each shard has at least one. */
function queuesInAllShards(): string[] {
  const queues: string[] = [];
  const shards = new Set<number>();
  for (let number = 0; queues.length < QUEUES; number++) {
    const queue = `queue${number}`;
    const shard = shardIndexOf(queue, SHARDS);
    if (shards.size === SHARDS || !shards.has(shard)) {
      shards.add(shard);
      queues.push(queue);
    }
  }
  return queues;
}

/** Resolves when the masters have so many connections of the library. Nobody waits for those that hear of cancellations. */
async function reaches(count: number): Promise<void> {
  await waitFor(async () => (await openConnections()) >= count);
  expect(await openConnections()).toBe(count);
}

/** @returns how many connections of the library the masters have. Those that only ask for the owners of the slots are not among them. */
async function openConnections(): Promise<number> {
  const lists = await Promise.all(
    (await cluster.masters()).map((master) => cluster.run(master, 'CLIENT', 'LIST')),
  );
  const lines = lists.flatMap((list) => String(list).split('\n'));
  return lines.filter((line) => /name=nestjs-reqrep:(?!topology)/.test(line)).length;
}

/** @returns how many commands all masters were sent. */
async function commandsSent(): Promise<number> {
  const stats = await Promise.all(
    (await cluster.masters()).map((master) => cluster.run(master, 'INFO', 'commandstats')),
  );
  return stats
    .flatMap((text) => [...String(text).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)])
    .filter(([, name = '']) => SENT.has(name))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0);
}
