import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { beforeEach, expect, it } from 'vitest';
import { OnJob, type RequestClient } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { randomQueue } from '../support/random-queue.js';
import type { RecordedLog } from '../support/recorded-log.js';
import { useRedis } from '../support/redis.js';
import { swallowAnswerTo } from '../support/swallowing-proxy.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

let queue: string;
/** What the handler was given, in order. */
let ran: unknown[];
let client: RequestClient;

async function startWorker(connection: string): Promise<RecordedLog> {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      ran.push(data);
      return data;
    }
  }
  const { log } = await startApp({ connection }, [Worker]);
  return log;
}

async function sendOneByOne(count: number): Promise<number[]> {
  const sent = Array.from({ length: count }, (_, index) => index);
  for (const data of sent) {
    expect(await firstValueFrom(client.send(queue, data, { timeout: 3_000 }))).toBe(data);
  }
  return sent;
}

beforeEach(async () => {
  queue = randomQueue();
  ran = [];
  ({ client } = await startApp({ connection: redis.url, workers: false }));
});

it('a job that comes alone is settled in one write with the wait for the next', async () => {
  await startWorker(redis.url);
  await sendOneByOne(3);
  const monitor = await redis.look.monitor();
  /** The commands of the worker on this queue, with the connection of each. */
  const commands: { name: string; address: string }[] = [];
  monitor.on('monitor', (_time: string, args: string[], address: string) => {
    const name = String(args[0]).toLowerCase();
    if (
      ['evalsha', 'blmove'].includes(name) &&
      args.some((arg) => arg.startsWith(`${queue}active`))
    ) {
      commands.push({ name, address });
    }
  });
  const count = 20;
  await sendOneByOne(count);
  const ofWaits = (): typeof commands => {
    const waiting = new Set(
      commands.flatMap(({ name, address }) => (name === 'blmove' ? address : [])),
    );
    return commands.filter(({ name, address }) => name === 'evalsha' && waiting.has(address));
  };
  // Not each: where the next one has come before the answer, others may have, too.
  await waitFor(() => ofWaits().length > count / 2);
  monitor.disconnect();
});

it('jobs that come together after that are taken together', async () => {
  await startWorker(redis.url);
  await sendOneByOne(5);
  await redis.look.config('RESETSTAT');
  const sent = Array.from({ length: 100 }, (_, index) => index);
  const replies = sent.map((data) => firstValueFrom(client.send(queue, data)));
  expect(await Promise.all(replies)).toEqual(sent);
  // Those of the client among them.
  expect(await commandCalls(redis.look, 'blmove')).toBeLessThan(20);
});

it('a server that has forgotten the script does not make a caller wait for the next job', async () => {
  await startWorker(redis.url);
  await sendOneByOne(5);
  await redis.look.script('FLUSH');
  const started = performance.now();
  await sendOneByOne(1);
  expect(performance.now() - started).toBeLessThan(2_000);
});

it('a settle whose answer is lost with the wait behind it is repeated', async () => {
  let settles = 0;
  const connection = await swallowAnswerTo(
    redis.port,
    (commands) => commands.includes('"r"') && commands.includes('blmove') && ++settles === 3,
  );
  const log = await startWorker(connection);
  const sent = await sendOneByOne(20);
  expect(settles).toBeGreaterThanOrEqual(3);
  expect(log.text).not.toContain('no longer held');
  expect(ran).toEqual(sent);
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
});
