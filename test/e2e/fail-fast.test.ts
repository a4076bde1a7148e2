import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ConnectionFailedError, ReqRepModule, type ReqRepModuleOptions } from '../../lib/index.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useRedis } from '../support/redis.js';
import { stubServer } from '../support/stub-server.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Longest time of a failure without waiting, ms. */
const AT_ONCE_MS = 2_000;

/** Starts an application that fails. @returns the error, and the time until then, ms. */
async function failureOf(options: ReqRepModuleOptions, others: ReqRepModuleOptions[] = []) {
  const before = performance.now();
  const imports = [
    ...others.map((other, index) => ReqRepModule.forRoot({ ...other, name: `other ${index}` })),
    ReqRepModule.forRoot(options),
  ];
  const providers = [echoOf(randomQueue())];
  const app = await Test.createTestingModule({ imports, providers })
    .setLogger(new RecordedLog())
    .compile();
  const error: unknown = await app.init().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED' });
  return { error: error as ConnectionFailedError, ms: performance.now() - before };
}

describe.each([true, false, 'manual'] as const)('failFast with workers: %s', (workers) => {
  it('fails at once with a wrong password', async () => {
    const connection = `redis://joe:hunter2@127.0.0.1:${redis.port}`;
    const { error, ms } = await failureOf({ connection, workers, failFast: true });
    expect(ms).toBeLessThan(AT_ONCE_MS);
    expect(error.message).toBe(
      `Redis could not be used: redis://127.0.0.1:${redis.port}/0 refuses the password of the user "joe" ` +
        '(WRONGPASS invalid username-password pair or user is disabled.): correct `username` and `password`. Fix that, or unset ' +
        '`failFast` to start without Redis.',
    );
    expect(error.server).toBe(`redis://127.0.0.1:${redis.port}/0`);
    expect(error.cause).toMatchObject({ code: 'WRONGPASS' });
  });

  it('fails after its time if nothing listens on the port', async () => {
    const port = await freePort();
    const connection = `redis://127.0.0.1:${port}`;
    const { error, ms } = await failureOf({ connection, workers, failFast: 300 });
    expect(ms).toBeGreaterThanOrEqual(300);
    expect(error.message).toContain(
      `Redis could not be used within 300 ms: redis://127.0.0.1:${port}/0 cannot be reached`,
    );
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('starts if Redis can be used', async () => {
    const queue = randomQueue();
    const providers = [echoOf(queue)];
    const { client, log } = await startApp(
      { connection: redis.url, workers, failFast: true },
      providers,
    );
    if (workers === true) {
      expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    }
    expect(log.lines).toEqual([]);
  });
});

describe('failFast', () => {
  it('fails if a server does not answer', async () => {
    const port = await stubServer(() => undefined);
    const connection = `redis://127.0.0.1:${port}`;
    const { error } = await failureOf({ connection, failFast: 200 });
    expect(error.message).toContain(`redis://127.0.0.1:${port}/0 does not answer`);
  });

  it('fails if Redis can be used, but refuses the workers', async () => {
    await redis.look.call('ACL', 'SETUSER', 'poor', 'on', '>x', '~*', '&*', '+@all', '-zadd');
    const connection = redis.url.replace('//', '//poor:x@');
    const { error } = await failureOf({ connection, failFast: 500 });
    expect(error.message).toContain('has not confirmed the first lease of each worker');
  });

  it('closes the connections of all instances after a failure', async () => {
    const others = [{ connection: redis.url, failFast: true, workers: false }];
    const connection = `redis://127.0.0.1:${await freePort()}`;
    await failureOf({ connection, failFast: 200 }, others);
    await waitFor(async () => !String(await redis.look.client('LIST')).includes(':other%200:'));
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    // The connection of the test itself.
    await waitFor(() => sockets() === 1);
  });
});
