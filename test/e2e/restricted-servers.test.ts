import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, type JobContext } from '../../lib/index.js';
import { startLocalRedis } from '../../sample-app/src/local-redis.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { proxyBefore } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Rounds of requests, and the time between them, ms: longer than the limits of idle connections in these tests. */
const ROUNDS = 3;
const ROUND_MS = 1_500;

/** A text so long that it is settled by a transaction. */
const LONG = 'x'.repeat(1_000_000);

const NOT_IN_MULTI = 'ERR command not supported inside transaction';
const REFUSED = 'ERR this service does not support the command';

/** @returns the URL of a server for one test that does not know some commands. */
async function withoutCommands(...commands: string[]): Promise<string> {
  const args = commands.flatMap((command) => ['--rename-command', command, '']);
  const server = await startLocalRedis({ args });
  onTestFinished(() => server.stop());
  return server.url;
}

/** @returns the URL for a user with other rights than all. */
async function userWith(...rules: string[]): Promise<string> {
  const name = randomQueue().slice(0, -1);
  await redis.look.call('ACL', 'SETUSER', name, 'on', '>secret', '~*', '&*', '+@all', ...rules);
  return redis.url.replace('//', `//${name}:secret@`);
}

/** @returns the URL of a proxy that refuses some commands. */
async function refusing(isRefused: (name: string, isInTransaction: boolean) => string | undefined) {
  const { url } = await proxyBefore(redis.port, {
    refuses: ([name = '', second = ''], isIn) => isRefused(`${name} ${second}`.toLowerCase(), isIn),
  });
  return url;
}

const beginsWith = (names: RegExp, text: string) => (name: string) =>
  names.test(name) ? text : undefined;

/** Lets an application do what most applications do. @returns what it logged. */
async function useServer(connection: string, { rounds = 1 } = {}): Promise<readonly string[]> {
  const queue = randomQueue();
  const runs = new Map<unknown, number>();
  let aborted = 0;
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 4 })
    async run(data: unknown, { signal }: JobContext) {
      runs.set(data, (runs.get(data) ?? 0) + 1);
      if (data === 'stream') {
        return (async function* () {
          for (let i = 0; i < 3; i++) {
            await delay(10);
            yield LONG;
          }
        })();
      }
      if (data === 'cancelled') {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted++;
      }
      return typeof data === 'number' && data % 2 === 1 ? LONG : data;
    }
  }
  const { client, log } = await startApp({ connection, timeout: 15_000 }, [Worker]);
  const ask = (data: unknown) => firstValueFrom(client.send(queue, data));
  let next = 0;
  for (let round = 0; round < rounds; round++) {
    await delay(round === 0 ? 0 : ROUND_MS);
    const numbers = Array.from({ length: 10 }, () => next++);
    expect(await Promise.all(numbers.map(ask))).toEqual(
      numbers.map((number) => (number % 2 === 1 ? LONG : number)),
    );
    const waiting = client.send(queue, 'cancelled').subscribe();
    await waitFor(() => runs.get('cancelled') === round + 1);
    waiting.unsubscribe();
    await waitFor(() => aborted === round + 1);
    expect(await ask(LONG)).toBe(LONG);
    runs.delete(LONG);
    const stream = client.send(queue, 'stream').pipe(toArray());
    expect(await lastValueFrom(stream)).toEqual([LONG, LONG, LONG]);
  }
  expect(
    [...runs.entries()].filter(([data, times]) => typeof data === 'number' && times > 1),
  ).toEqual([]);
  expect(runs.get('stream')).toBe(rounds);
  return log.linesOfWork;
}

it.each([
  [
    'scripts in MULTI',
    () => refusing((name, isIn) => (isIn && name.startsWith('eval') ? NOT_IN_MULTI : undefined)),
    NOT_IN_MULTI,
  ],
  ['MULTI, by a proxy', () => refusing(beginsWith(/^multi/, REFUSED)), REFUSED],
  ['EXEC, by a proxy', () => refusing(beginsWith(/^exec/, REFUSED)), REFUSED],
  ['RENAME, by a proxy', () => refusing(beginsWith(/^rename /, REFUSED)), REFUSED],
  ['MULTI, which was renamed', () => withoutCommands('MULTI'), 'does not know MULTI'],
  ['EXEC, which was renamed', () => withoutCommands('EXEC'), 'does not know EXEC'],
  ['RENAME, which was renamed', () => withoutCommands('RENAME'), 'does not know RENAME'],
  ['MULTI and EXEC, to the user', () => userWith('-multi', '-exec'), 'EXEC'],
  ['EXEC, to the user', () => userWith('-exec'), 'EXEC'],
  ['RENAME, to the user', () => userWith('-rename'), 'RENAME'],
])(
  'a server that refuses %s settles long replies by scripts, which is said once',
  async (_what, open, reason) => {
    const lines = (await useServer(await open())).filter((line) => !line.includes('lacks rights'));
    expect(lines).toEqual([
      expect.stringMatching(/^warn Redis at 127\.0\.0\.1:\d+ refuses transactions/),
    ]);
    expect(lines[0]).toContain(reason);
    expect(lines[0]).toContain('2 ms more for each MB');
  },
);

it('transactions are tried again on each new connection, and used where they are accepted', async () => {
  let isRestricted = true;
  let sent = 0;
  const { url } = await proxyBefore(redis.port, {
    refuses: ([name = ''], isIn) => {
      sent += name.toLowerCase() === 'multi' ? 1 : 0;
      return isRestricted && isIn && /^eval/i.test(name) ? NOT_IN_MULTI : undefined;
    },
  });
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return LONG;
    }
  }
  const { client } = await startApp({ connection: url }, [Worker]);
  const ask = () => firstValueFrom(client.send(queue, 1));
  for (let i = 0; i < 5; i++) {
    expect(await ask()).toBe(LONG);
  }
  expect(sent).toBe(1);
  isRestricted = false;
  await redis.look.call('CLIENT', 'KILL', 'TYPE', 'normal');
  for (let i = 0; i < 5; i++) {
    expect(await ask()).toBe(LONG);
  }
  expect(sent).toBe(1 + 1 + 5);
});

it('a right to transactions that is taken away while they are used costs no reply', async () => {
  const url = await userWith();
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return LONG;
    }
  }
  const { client, log } = await startApp({ connection: url }, [Worker]);
  const ask = () => firstValueFrom(client.send(queue, 1, { timeout: 10_000 }));
  expect(await ask()).toBe(LONG);
  await redis.look.call('ACL', 'SETUSER', new URL(url).username, '-multi', '-exec');
  expect(await ask()).toBe(LONG);
  expect(await ask()).toBe(LONG);
  expect(log.text).toContain('refuses transactions');
});

it.each([
  ['CLIENT', () => withoutCommands('CLIENT')],
  ['CLIENT, by a proxy', () => refusing(beginsWith(/^client/, REFUSED))],
  ['CLIENT INFO', () => refusing(beginsWith(/^client info/, REFUSED))],
  ['CLIENT LIST and KILL', () => refusing(beginsWith(/^client (list|kill)/, REFUSED))],
  ['CONFIG', () => withoutCommands('CONFIG')],
  ['INFO', () => refusing(beginsWith(/^info/, REFUSED))],
  ['COMMAND', () => withoutCommands('COMMAND')],
  ['MEMORY', () => withoutCommands('MEMORY')],
  ['RENAMENX and LMOVE', () => withoutCommands('RENAMENX', 'LMOVE')],
  [
    'all of these',
    () => withoutCommands('CLIENT', 'CONFIG', 'INFO', 'COMMAND', 'MEMORY', 'RENAMENX', 'LMOVE'),
  ],
])('a server that refuses %s serves', async (_what, open) => {
  const lines = await useServer(await open());
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(2);
});

it.each(['EVAL', 'EVALSHA', 'LPOS'])(
  'a server without %s is refused at the start',
  async (command) => {
    const { client } = await startApp({
      connection: await withoutCommands(command),
      workers: false,
    });
    const error = await failureOf(client.send(randomQueue(), 1, { timeout: 5_000 }));
    expect(String(error)).toMatch(
      new RegExp(`redis://127.* does not know ${command}: renamed or disabled`),
    );
  },
);

it('a proxy that closes idle connections after a second costs nothing, and no lines in the log', async () => {
  const { url } = await proxyBefore(redis.port, { closesAfter: 1_000 });
  expect(await useServer(url, { rounds: ROUNDS })).toEqual([]);
});

it('a server that closes idle connections after a second costs nothing, and no lines in the log', async () => {
  const server = await startLocalRedis({ args: ['--timeout', '1'] });
  onTestFinished(() => server.stop());
  expect(await useServer(server.url, { rounds: ROUNDS })).toEqual([]);
});
