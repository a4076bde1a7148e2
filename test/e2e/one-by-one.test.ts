import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { beforeEach, expect, it } from 'vitest';
import { OnJob, type RequestClient } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { randomQueue } from '../support/random-queue.js';
import type { RecordedLog } from '../support/recorded-log.js';
import { useRedis } from '../support/redis.js';
import { seenCommands, type SeenCommand } from '../support/seen-commands.js';
import { swallowAnswerTo } from '../support/swallowing-proxy.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

let queue: string;
/** What the handler was given, in order. */
let ran: unknown[];
let handle: (data: unknown) => unknown;
let client: RequestClient;

async function startWorker(connection: string, concurrency = 16): Promise<RecordedLog> {
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency })
    run(data: unknown) {
      ran.push(data);
      return handle(data);
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

/** Those that name a slot of the queue. */
const ofSlots = (commands: readonly SeenCommand[]): SeenCommand[] =>
  commands.filter(({ args }) => args.some((arg) => arg.startsWith(`${queue}active`)));

/** The settles of the queue that went on a connection that waits for jobs. */
function settlesOfWaits(commands: readonly SeenCommand[]): SeenCommand[] {
  const own = ofSlots(commands);
  const waiting = new Set(own.filter(({ name }) => name === 'blmove').map(({ source }) => source));
  return own.filter(({ name, source }) => name === 'evalsha' && waiting.has(source));
}

beforeEach(async () => {
  queue = randomQueue();
  ran = [];
  handle = (data) => data;
  ({ client } = await startApp({ connection: redis.url, workers: false }));
});

it('a job that arrives alone is settled in one write with the wait for the next', async () => {
  await startWorker(redis.url);
  await sendOneByOne(3);
  const commands = await seenCommands(redis.look);
  const count = 20;
  await sendOneByOne(count);
  // Not each: where others are there already, they are taken together.
  await waitFor(() => settlesOfWaits(commands).length > count / 2);
});

it('a job that takes longer is not settled on a connection that was silent meanwhile', async () => {
  await startWorker(redis.url, 1);
  await sendOneByOne(3);
  handle = (data) => delay(200, data);
  await sendOneByOne(1);
  const commands = await seenCommands(redis.look);
  await sendOneByOne(2);
  await waitFor(() => ofSlots(commands).some(({ name }) => name === 'evalsha'));
  expect(settlesOfWaits(commands)).toEqual([]);
});

it('jobs that arrive together after that are taken together', async () => {
  await startWorker(redis.url);
  await sendOneByOne(5);
  await redis.look.config('RESETSTAT');
  const sent = Array.from({ length: 100 }, (_, index) => index);
  const replies = sent.map((data) => firstValueFrom(client.send(queue, data)));
  expect(await Promise.all(replies)).toEqual(sent);
  // Those of the client among them.
  expect(await commandCalls(redis.look, 'blmove')).toBeLessThan(20);
});

it('long jobs that arrive together after that are settled together', async () => {
  await startWorker(redis.url);
  await sendOneByOne(5);
  await redis.look.config('RESETSTAT');
  const text = 'x'.repeat(100_000);
  const count = 100;
  let left = count;
  const askOn = async (): Promise<void> => {
    while (left-- > 0) {
      expect(await firstValueFrom(client.send(queue, text))).toBe(text);
    }
  };
  await Promise.all(Array.from({ length: 8 }, askOn));
  expect(await commandCalls(redis.look, 'exec')).toBeLessThan(count / 2);
});

it('a caller does not wait for the next job when the server has forgotten the script', async () => {
  await startWorker(redis.url);
  await sendOneByOne(5);
  await redis.look.script('FLUSH');
  const started = performance.now();
  await sendOneByOne(1);
  expect(performance.now() - started).toBeLessThan(2_000);
});

it('a settle is repeated when its answer is lost together with the wait', async () => {
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

it('a settle that was lost is repeated without waiting for its own connection', async () => {
  let settles = 0;
  const isCarried = (commands: string): boolean =>
    commands.includes('"r"') && commands.includes('blmove') && ++settles === 1;
  await startWorker(await swallowAnswerTo(redis.port, isCarried, true));
  await sendOneByOne(2);
  expect(settles).toBe(1);
});

it('a settle with a wait does not overtake a settle of the same slot behind a large reply', async () => {
  const open = new Map<unknown, () => void>();
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(data: unknown) {
      if (typeof data === 'string') {
        await new Promise<void>((resolve) => {
          open.set(data, resolve);
        });
      }
      return data;
    }
  }
  const { client: busy } = await startApp({ connection: redis.url }, [Worker]);
  const send = (data: string): Promise<unknown> => firstValueFrom(client.send(queue, data));
  await sendOneByOne(1);
  // Taken together, but for the first: two share a slot.
  const slow = ['a', 'b', 'c'].map(send);
  await waitFor(() => open.size === 3);
  await sendOneByOne(5);
  const text = 'x'.repeat(1_000_000);
  const large = Array.from({ length: 60 }, () =>
    firstValueFrom(busy.send(randomQueue(), text, { timeout: 300 })).catch(() => undefined),
  );
  await nextTurn();
  await nextTurn();
  open.get('b')?.();
  await nextTurn();
  slow.push(send('d'));
  await waitFor(() => open.has('d'));
  open.get('c')?.();
  expect(await Promise.all([slow[1], slow[2]])).toEqual(['b', 'c']);
  await Promise.all(large);
  open.get('a')?.();
  open.get('d')?.();
  await Promise.all(slow);
  // What has left is no longer listed anywhere, and a slot that is empty is none.
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
});
