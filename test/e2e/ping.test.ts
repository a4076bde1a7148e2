import { setTimeout as delay } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { ConnectionFailedError, InvalidOptionError } from '../../lib/core/index.js';
import { openReqRep } from '../support/open-reqrep.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { describeOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** How long a call may take beyond its `timeout` on a machine that others use, too, ms. */
const GRACE_MS = 1_000;

/** @returns the error of a ping, and how long that took, ms. */
async function failed(ping: Promise<number>): Promise<{ error: unknown; took: number }> {
  const begin = performance.now();
  const error = await ping.then(
    (ms) => new Error(`It was answered in ${ms} ms`),
    (reason: unknown) => reason,
  );
  return { error, took: performance.now() - begin };
}

it('connects, and is answered', async () => {
  const { client } = openReqRep({ connection: server.url });
  expect(await firstValueFrom(client.status$)).toBe('idle');
  const ms = await client.ping({ timeout: 5_000 });
  expect(ms).toBeGreaterThanOrEqual(0);
  expect(ms).toBeLessThan(5_000);
  expect(await firstValueFrom(client.status$)).toBe('ready');
});

it.each([
  [{ timeout: 0 }, 'timeout in a call to `ping`', '`0` (number)'],
  [{ timeout: '1s' }, 'timeout in a call to `ping`', '"1s" (string)'],
  [{ timeuot: 1 }, 'timeuot in a call to `ping`', 'an unknown name'],
  [null, 'the options of a call to `ping`', '`null`'],
])('refuses the options %j', async (options, option, received) => {
  const { client } = openReqRep({ connection: server.url });
  const { error } = await failed(client.ping(options as never));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option, received });
});

it.each(['before its first use', 'later'])('fails when the client was closed %s', async (when) => {
  const { client, close } = openReqRep({ connection: server.url });
  if (when === 'later') {
    await client.ping({ timeout: 5_000 });
  }
  await close();
  const { error } = await failed(client.ping());
  expect(error).toBeInstanceOf(ConnectionFailedError);
});

describeOnRedis('a ping of Redis', () => {
  async function startRedis(settings = {}): Promise<RestartableRedis> {
    const redis = await RestartableRedis.start(settings);
    onTestFinished(() => redis.stop());
    return redis;
  }

  it('fails in time while the server stands still, and is answered once it goes on', async () => {
    const redis = await startRedis();
    const { client } = openReqRep({ connection: redis.url });
    await client.ping({ timeout: 5_000 });
    redis.freeze();
    const { error, took } = await failed(client.ping({ timeout: 300 }));
    expect(error).toBeInstanceOf(ConnectionFailedError);
    const name = `redis://127.0.0.1:${redis.port}/0`;
    expect(error).toMatchObject({ server: name, timeout: 300 });
    expect(String(error)).toContain(`${name} does not answer a ping`);
    expect(String(error)).not.toContain('failFast');
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(300 + GRACE_MS);
    redis.thaw();
    await client.ping({ timeout: 10_000 });
  });

  it('fails while the server is gone, and is answered once it is back', async () => {
    const redis = await startRedis();
    const { client } = openReqRep({ connection: redis.url });
    await client.ping({ timeout: 5_000 });
    await redis.kill();
    const { error, took } = await failed(client.ping({ timeout: 300 }));
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(took).toBeLessThan(300 + GRACE_MS);
    await redis.restart();
    await client.ping({ timeout: 10_000 });
  });

  it('asks once for all callers of a long outage, and tells each its own wait', async () => {
    const redis = await startRedis();
    const { client } = openReqRep({ connection: redis.url });
    await client.ping({ timeout: 5_000 });
    redis.freeze();
    const callers = Array.from({ length: 50 }, () => failed(client.ping({ timeout: 200 })));
    await Promise.all(callers);
    const early = client.ping({ timeout: 10_000 });
    await delay(300);
    const late = client.ping({ timeout: 10_000 });
    redis.thaw();
    expect(await early).toBeGreaterThan(250);
    expect(await late).toBeLessThan(await early);
    const stats = await redis.look((look) => look.info('commandstats'));
    const [, calls] = /cmdstat_lindex:calls=(\d+)/.exec(stats) ?? [];
    expect(Number(calls)).toBeLessThan(5);
  });

  it('fails at once with a wrong password, and does not show it', async () => {
    const redis = await startRedis({ requirepass: 'SECRET' });
    const connection = `redis://:WRONG@127.0.0.1:${redis.port}`;
    const { client } = openReqRep({ connection });
    const { error, took } = await failed(client.ping({ timeout: 20_000 }));
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error).toMatchObject({ timeout: undefined });
    expect(took).toBeLessThan(10_000);
    expect(String(error)).not.toContain('WRONG@');
  });

  it('takes the refusal of a right for an answer', async () => {
    const redis = await startRedis();
    await redis.look((look) => look.call('ACL', 'SETUSER', 'default', '-lindex'));
    const { client } = openReqRep({ connection: redis.url });
    expect(await client.ping({ timeout: 5_000 })).toBeLessThan(5_000);
  });

  it('fails while a script keeps the server busy, and says so', async () => {
    const redis = await startRedis({ 'lua-time-limit': '50' });
    const { client } = openReqRep({ connection: redis.url });
    await client.ping({ timeout: 5_000 });
    await redis.look(async (look) => {
      await look.ping();
      const script = redis.look((busy) => busy.eval('while true do end', 0)).catch(() => undefined);
      let error: unknown;
      await waitFor(async () => {
        ({ error } = await failed(client.ping({ timeout: 300 })));
        return String(error).includes('BUSY');
      });
      expect(error).toBeInstanceOf(ConnectionFailedError);
      await look.call('SCRIPT', 'KILL');
      await script;
    });
    await client.ping({ timeout: 10_000 });
  });
});
