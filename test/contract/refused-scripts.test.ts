import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeOfRefusal } from '../../lib/driver/refusal.js';
import type { Run } from '../../lib/driver/operation.js';
import { useRedis } from '../support/redis.js';
import { majorVersion } from '../support/server-version.js';
import { waitFor } from '../support/wait-for.js';
import { contentsOf, FREEING_CASES, STREAM_CASE } from './support/script-cases.js';

// Redis 6.2 protects none.
const redis = useRedis((await majorVersion()) < 7 ? [] : ['--enable-protected-configs', 'yes']);

/** Sends a script by its text, on a connection that is not replaced after a refusal. */
const runOn =
  (connection: Redis): Run =>
  async (operation, input) => {
    const keys = operation.keys(input);
    const lua = 'lua' in operation ? operation.lua : '';
    const args = [...keys, ...operation.args(input)];
    return operation.read(await connection.eval(lua, keys.length, ...args));
  };

const run: Run = (operation, input) => runOn(redis.look)(operation, input);

const CASES = [...FREEING_CASES, STREAM_CASE];

/** Sets an option of the server until the end of the test. */
async function configure(name: string, value: string, then: string): Promise<void> {
  await redis.look.config('SET', name, value);
  onTestFinished(async () => {
    await redis.look.config('SET', name, then);
  });
}

describe.each(CASES)('$name', ({ prepare }) => {
  it('has the same effect on a server that is out of memory', async () => {
    const expected = await prepare(redis.look);
    const answer = await expected.run(run);
    const call = await prepare(redis.look);
    await configure('maxmemory', '1', '0');
    await expect(redis.look.rpush(`${call.prefix}other`, 'a')).rejects.toThrow(/OOM/);
    expect(await call.run(run)).toEqual(answer);
    const text = async ({ prefix }: { prefix: string }) =>
      JSON.stringify(await contentsOf(redis.look, prefix))
        .replaceAll(prefix, '')
        .replaceAll(/\d{13}-\d{6}/g, 'id');
    expect(await text(call)).toBe(await text(expected));
  });
});

const refusals: readonly (readonly [string, () => Promise<void>])[] = [
  ['NOREPLICAS', () => configure('min-replicas-to-write', '1', '0')],
  [
    'READONLY',
    async () => {
      await redis.look.replicaof('127.0.0.1', '1');
      onTestFinished(async () => {
        await redis.look.replicaof('NO', 'ONE');
      });
    },
  ],
  [
    'MISCONF',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'no-snapshot-'));
      await redis.look.config('SET', 'dir', directory);
      await configure('save', '3600 1', '');
      await rm(directory, { recursive: true });
      await redis.look.bgsave();
      onTestFinished(async () => {
        await redis.look.config('SET', 'dir', tmpdir());
      });
      await waitFor(async () =>
        (await redis.look.info('persistence')).includes('rdb_last_bgsave_status:err'),
      );
    },
  ],
];

it.each(refusals)('%s refuses each script before it changes anything', async (code, refuse) => {
  const calls = await Promise.all(CASES.map(({ prepare }) => prepare(redis.look)));
  await refuse();
  for (const call of calls) {
    const before = await contentsOf(redis.look, call.prefix);
    const error: unknown = await call.run(run).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    // A take that is refused takes nothing.
    if (error !== undefined) {
      expect(codeOfRefusal(error as Error)).toBe(code);
    }
    expect(await contentsOf(redis.look, call.prefix)).toEqual(before);
  }
});

/** The scripts that move a job, and the commands with which they do. */
const MOVES: readonly (readonly [name: string, commands: readonly string[]])[] = [
  ['putting a waiting job away', ['lrem', 'rpush', 'pexpire']],
  ['retrying a dead letter', ['rpush', 'zrem', 'hdel']],
  ['retrying a dead letter of an earlier version', ['rpush', 'lset', 'lrem', 'persist']],
];

describe.each(MOVES)('%s', (moving, commands) => {
  it.each(commands)(
    'loses no job, and leaves no copy, without the right to %s',
    async (command) => {
      const { prepare } = CASES.find(({ name }) => name === moving) ?? STREAM_CASE;
      const call = await prepare(redis.look);
      const before = await contentsOf(redis.look, call.prefix);
      await redis.look.call(
        'ACL',
        'SETUSER',
        'poor',
        'reset',
        'on',
        'nopass',
        '~*',
        '+@all',
        `-${command}`,
      );
      const poor = new Redis(redis.url.replace('//', '//poor:any@'));
      onTestFinished(() => poor.disconnect());
      await expect(call.run(runOn(poor))).rejects.toThrow(/permission|can't run this command/);
      expect(await contentsOf(redis.look, call.prefix)).toEqual(before);
    },
  );
});
