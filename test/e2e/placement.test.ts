import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { PushFailedError, type ReqRepModuleOptions } from '../../lib/index.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { proxyBefore } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Asks a worker of an application with these options, which must find out that it is elsewhere. @returns what it says. */
async function refusalOf(options: ReqRepModuleOptions): Promise<string> {
  const queue = randomQueue();
  const { client, log } = await startApp(options, [echoOf(queue)]);
  const error = await failureOf(client.send(queue, 1, { timeout: 5_000 }));
  expect(error).toBeInstanceOf(PushFailedError);
  expect(await redis.look.keys(`${queue}*`)).toEqual([]);
  const lines = log.lines.filter((line) => !line.includes('more times'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^error /);
  const { cause } = error as Error;
  expect(String(error)).toContain((cause as Error).message);
  expect(lines[0]).toContain((cause as Error).message);
  return (cause as Error).message;
}

it.each<[string, () => ReqRepModuleOptions]>([
  ['a URL', () => ({ connection: `${redis.url}/99` })],
  ['the options of the original', () => ({ host: '127.0.0.1', port: redis.port, database: 99 })],
  ['ioredis options', () => ({ connection: { host: '127.0.0.1', port: redis.port, db: 99 } })],
  ['a factory', () => ({ connection: () => new Redis(redis.port, '127.0.0.1', { db: 99 }) })],
])('never works in another database than it was told to, by %s', async (_, optionsOf) => {
  expect(await refusalOf(optionsOf())).toBe(
    `redis://127.0.0.1:${redis.port}/99 refuses database 99 ` +
      '(ERR DB index is out of range): correct the database of `connection`, or allow it on the server ' +
      '(`databases`, SELECT)',
  );
});

it.each([
  ['tells where', ['-select']],
  ['does not tell where', ['-select', '-client']],
])('a user that may not choose is refused, and served once it may: %s', async (_, rules) => {
  const user = (...more: string[]) => redis.look.call('ACL', 'SETUSER', 'joe', 'on', ...more);
  await user('>secret', '~*', '&*', '+@all', ...rules);
  const connection = `redis://joe:secret@127.0.0.1:${redis.port}/3`;
  const refusal = await refusalOf({ connection });
  expect(refusal).toContain(`redis://127.0.0.1:${redis.port}/3 (user "joe") refuses database 3 `);
  expect(refusal).toContain('ACL SETUSER joe +select');
  await user('+@all');
  const queue = randomQueue();
  const { client } = await startApp({ connection }, [echoOf(queue)]);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  await redis.look.select(3);
  await waitFor(async () => (await redis.look.keys(`${queue}*`)).length > 0);
  await redis.look.select(0);
});

it('a proxy that says OK to SELECT and does not choose is found out', async () => {
  const rewrite = (answer: Buffer): Buffer =>
    Buffer.from(answer.toString('latin1').replaceAll(' db=3 ', ' db=0 '), 'latin1');
  const proxy = await proxyBefore(redis.port, { rewrite });
  expect(await refusalOf({ connection: `${proxy.url}/3` })).toContain(
    '/3 uses database 0 although database 3 was selected: correct the database of `connection`',
  );
});

it('a proxy that connects as another user is found out', async () => {
  await redis.look.call('ACL', 'SETUSER', 'jim', 'on', '>secret', '~*', '&*', '+@all');
  const rewrite = (answer: Buffer): Buffer =>
    Buffer.from(answer.toString('latin1').replaceAll(' user=jim ', ' user=joe '), 'latin1');
  const proxy = await proxyBefore(redis.port, { rewrite });
  const connection = proxy.url.replace('//', '//jim:secret@');
  expect(await refusalOf({ connection })).toContain(
    'treats the connection of user "jim" as one of user "joe": correct `username`',
  );
});
