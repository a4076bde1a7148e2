import { isDeepStrictEqual as isEqual } from 'node:util';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionError,
  RemoteError,
  type DeadLetters,
  type ReqRepOptions,
} from '../../lib/core/index.js';
import { refusalsIn } from '../support/acl-refusals.js';
import { countDead } from '../support/dead-letters.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import {
  deadLetterRules,
  documentedUser,
  DOCUMENTED_PREFIX as prefix,
} from '../support/documented-users.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const open = (options: ReqRepOptions = {}) => openReqRep({ connection: server.url, ...options });
const lettersOf = (queue: string): DeadLetters => open().admin.deadLetters(queue);

/** Emits jobs whose handler throws, one after the other. */
async function failingQueue(data: readonly unknown[], options: ReqRepOptions = {}) {
  const queue = randomQueue();
  const { client, workers, lines } = open(options);
  const letters = lettersOf(queue);
  await workers.serve(queue, (each) => {
    throw new TypeError(`cannot render ${JSON.stringify(each)}`);
  });
  for (const each of data) {
    await lastValueFrom(client.emit(queue, each, { headers: { tenant: 'a' }, timeout: 60_000 }));
    await waitFor(async () => isEqual((await letters.list({ limit: 1 }))[0]?.data, each));
  }
  await workers.stop();
  return { queue, client, workers, lines, letters };
}

/** Serves a queue, and collects the jobs that it runs. */
async function seenBy(queue: string) {
  const { workers } = open();
  const seen: object[] = [];
  await workers.serve(queue, (data, { id, headers, attempt, deadline }) => {
    seen.push({ data, id, headers, attempt, deadline });
  });
  return seen;
}

describe('an emit whose handler throws', () => {
  it('becomes a dead letter that says all of it', async () => {
    const { queue, letters } = await failingQueue([{ id: 'A7' }]);
    const [letter, ...others] = await letters.list();
    expect(others).toEqual([]);
    expect(letter).toEqual({
      id: expect.stringMatching(/^\d{13}-000001$/),
      jobId: expect.stringMatching(/.+-\w+$/),
      reason: 'failed',
      message: 'cannot render {"id":"A7"}',
      error: expect.objectContaining({
        name: 'TypeError',
        message: 'cannot render {"id":"A7"}',
        stack: expect.stringContaining('dead-letters.test.ts'),
      }),
      attempts: 1,
      worker: expect.stringMatching(/^[\da-f-]{36}$/),
      at: expect.any(Number),
      data: { id: 'A7' },
      headers: { tenant: 'a' },
      text: expect.stringContaining('{"id":"A7"}'),
    });
    expect(Math.abs((letter?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await letters.get(letter?.id ?? '')).toEqual(letter);
    expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
  });

  it.each<[string, ReqRepOptions, object]>([
    ['of an instance', { deadLetterFailures: 'none' }, {}],
    ['of a handler', {}, { deadLetterFailures: 'none' }],
  ])('is only logged with deadLetterFailures: none %s', async (_, options, ofHandler) => {
    const queue = randomQueue();
    const { client, workers, lines } = open(options);
    const fail = () => {
      throw new Error('refused');
    };
    await workers.serve(queue, fail, ofHandler);
    await lastValueFrom(client.emit(queue));
    await waitFor(() => lines.join().includes('refused'));
    await workers.stop();
    expect(await lettersOf(queue).count()).toBe(0);
  });

  it('goes on with the next jobs', async () => {
    const queue = randomQueue();
    const { client, workers } = open({ concurrency: 2 });
    await workers.serve(queue, (data) => {
      if (typeof data === 'number' && data % 3 === 0) {
        throw new Error(`${data}`);
      }
      return data;
    });
    const jobs = Array.from({ length: 300 }, (_, index) => index);
    await Promise.all(jobs.map((job) => lastValueFrom(client.emit(queue, job))));
    expect(await client.request(queue, 'last')).toBe('last');
    await waitFor(async () => (await countDead(server.look, queue)) === 100);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });
});

describe('a request whose handler throws', () => {
  const fail = () => {
    throw new RangeError('too far');
  };

  it('becomes no dead letter', async () => {
    const queue = randomQueue();
    const { client, workers } = open();
    await workers.serve(queue, fail);
    expect(await failureOf(client.send(queue))).toBeInstanceOf(RemoteError);
    await workers.stop();
    expect(await lettersOf(queue).count()).toBe(0);
  });

  it('becomes one with deadLetterFailures: all, and its caller gets the error', async () => {
    const queue = randomQueue();
    const { client, workers } = open();
    await workers.serve(queue, fail, { deadLetterFailures: 'all' });
    expect(await failureOf(client.send(queue, 'far'))).toMatchObject({ message: 'too far' });
    expect(await lettersOf(queue).list()).toMatchObject([{ reason: 'failed', data: 'far' }]);
  });
});

describe('a dead letter that is retried', () => {
  it('keeps its id, data and headers, and loses its deadline and its attempts', async () => {
    const { queue, letters } = await failingQueue(['first', 'second']);
    const [second, first] = await letters.list();
    expect(await letters.retry(first?.id ?? '')).toBe(1);
    const seen = await seenBy(queue);
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([
      {
        data: 'first',
        id: first?.jobId,
        headers: { tenant: 'a' },
        attempt: 1,
        deadline: undefined,
      },
    ]);
    expect(await letters.list()).toEqual([second]);
    expect(await letters.retry(first?.id ?? '')).toBe(0);
  });

  it('has no caller and no deliveries any more, whatever it was', async () => {
    const queue = randomQueue();
    const { workers } = open({ deadLetterFailures: 'all' });
    const fail = () => {
      throw new Error('refused');
    };
    await workers.serve(queue, fail);
    await server.look.rpush(
      `${queue}requests`,
      ' [7 , {"n": 12345678901234567890, "s": "],\\"" } ]',
      '  ["a",[1,{}],{"c":"gone","h":{"x":"y"},"n":9,"t":1,"d":99999999999999,"z":{"later":[1]}}]',
    );
    const letters = lettersOf(queue);
    await waitFor(async () => (await letters.count()) === 2);
    await workers.stop();
    expect((await letters.list()).map(({ attempts }) => attempts).toSorted()).toEqual([2, 3]);
    expect(await letters.retry({})).toBe(2);
    const waiting = (await server.look.lrange(`${queue}requests`, 0, -1))
      .map((job) => job.replace(/"t":\d{13}/, '"t":NOW'))
      .toSorted();
    expect(waiting).toEqual([
      '["a",[1,{}],{"h":{"x":"y"},"n":9,"z":{"later":[1]},"t":NOW}]',
      '[7,{"n": 12345678901234567890, "s": "],\\"" },{"t":NOW}]',
    ]);
  });

  it('goes back as it is where it is no job', async () => {
    const queue = randomQueue();
    const { workers } = open();
    await workers.serve(queue, () => undefined);
    await server.look.rpush(`${queue}requests`, 'no job');
    const letters = lettersOf(queue);
    await waitFor(async () => (await letters.count()) === 1);
    await workers.stop();
    expect(await letters.list()).toMatchObject([
      { reason: 'unreadable', jobId: undefined, data: undefined, headers: {}, text: 'no job' },
    ]);
    expect(await letters.retry({ reason: 'unreadable' })).toBe(1);
    expect(await server.look.lrange(`${queue}requests`, 0, -1)).toEqual(['no job']);
    expect(await server.look.exists(`${queue}deadids`, `${queue}deadletters`)).toBe(0);
  });
});

describe('dead letters', () => {
  it('are listed from the newest on, and chosen by a filter', async () => {
    const { queue, letters } = await failingQueue([0, 1, 2, 3, 4]);
    await server.look.rpush(`${queue}requests`, 'no job');
    const { workers } = open();
    await workers.serve(queue, () => undefined);
    await waitFor(async () => (await letters.count()) === 6);
    await workers.stop();
    const all = await letters.list();
    expect(all.map(({ data }) => data)).toEqual([undefined, 4, 3, 2, 1, 0]);
    expect(await letters.list({ skip: 2, limit: 3 })).toEqual(all.slice(2, 5));
    expect(await letters.list({ skip: 6 })).toEqual([]);
    expect(await letters.remove({ reason: 'unreadable' })).toBe(1);
    const { worker = '', at: since = 0 } = all[4] ?? {};
    const newer = all.slice(1).filter(({ at }) => at >= since).length;
    expect(await letters.remove({ reason: 'broken stream' })).toBe(0);
    expect(await letters.remove({ worker: 'another' })).toBe(0);
    expect(await letters.remove({ worker, since })).toBe(newer);
    expect(await letters.count()).toBe(5 - newer);
    expect(await letters.remove({ until: since })).toBe(5 - newer);
    expect(await server.look.exists(`${queue}deadids`, `${queue}deadletters`)).toBe(0);
  });

  it('are removed by their ids', async () => {
    const { letters } = await failingQueue([0, 1, 2]);
    const [, second, third] = (await letters.list()).map(({ id }) => id);
    expect(await letters.remove([second ?? '', second ?? '', 'no such id'])).toBe(1);
    expect((await letters.list()).map(({ data }) => data)).toEqual([2, 0]);
    expect(await letters.get(second ?? '')).toBeUndefined();
    expect(await letters.remove(third ?? '')).toBe(1);
    expect(await letters.count()).toBe(1);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a misspelled filter', { reson: 'failed' }],
    ['an unknown reason', { reason: 'tired' }],
    ['ids that are none', [1]],
  ])('are neither retried nor removed by %s', async (_, which) => {
    const letters = lettersOf(randomQueue());
    await expect(letters.retry(which as never)).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(letters.remove(which as never)).rejects.toBeInstanceOf(InvalidOptionError);
  });

  it('are dropped beyond maxDead, the oldest first, and that is said', async () => {
    const { queue, letters, lines } = await failingQueue([0, 1, 2, 3, 4], { maxDead: 3 });
    expect((await letters.list()).map(({ data }) => data)).toEqual([4, 3, 2]);
    expect(lines.filter((line) => line.includes('maxDead'))).toEqual([
      expect.stringMatching(new RegExp(`^warn .*"${queue}".*maxDead \\(3\\).*oldest 1 letter `)),
    ]);
  });

  it('are dropped beyond maxDeadBytes, but for the newest', async () => {
    const texts = ['a', 'b', 'c'].map((name) => name.repeat(1_000));
    const { queue, letters } = await failingQueue(texts, { maxDeadBytes: 20_000 });
    expect(await letters.count()).toBe(3);
    const { client, workers, lines } = open({ maxDeadBytes: 20_000 });
    await workers.serve(queue, () => {
      throw new Error('refused');
    });
    await lastValueFrom(client.emit(queue, 'd'.repeat(25_000)));
    await waitFor(async () => (await letters.list())[0]?.data === 'd'.repeat(25_000));
    expect(await letters.count()).toBe(1);
    expect(lines.join()).toContain('the oldest 3 letters removed for good');
    await lastValueFrom(client.emit(queue, 'e'));
    await waitFor(async () => (await letters.list())[0]?.data === 'e');
    expect(await letters.count()).toBe(1);
  });
});

itOnRedis('a user with the documented rights may look at them, retry and remove them', async () => {
  const { redis } = server;
  const url = await documentedUser(redis, 'requester');
  await redis.look.call('ACL', 'SETUSER', 'requester', ...deadLetterRules());
  await redis.look.call('ACL', 'LOG', 'RESET');
  const { client, workers } = open({ prefix });
  const fail = () => {
    throw new Error('refused');
  };
  await workers.serve('jobs-dead', fail);
  [1, 2, 3].forEach((data) => client.emit('jobs-dead', data));
  const { admin } = openReqRep({ connection: url, prefix });
  const letters = admin.deadLetters('jobs-dead');
  await waitFor(async () => (await letters.count()) === 3);
  await workers.stop();
  const old = { reason: 'unreadable', message: '', worker: '', at: 1, job: 'no job' };
  await redis.look.rpush(
    `${prefix}jobs-deaddead`,
    ...['a', 'b'].map((job) => JSON.stringify({ ...old, job })),
  );
  const [first, second, , , fifth] = await letters.list();
  expect(await letters.get(first?.id ?? '')).toEqual(first);
  expect(await letters.retry([first?.id ?? '', fifth?.id ?? ''])).toBe(2);
  expect(await letters.remove(second?.id ?? '')).toBe(1);
  expect(await letters.remove({})).toBe(2);
  expect(await letters.count()).toBe(0);
  expect(refusalsIn(await redis.look.call('ACL', 'LOG'))).toEqual([]);
});

describe('the dead letters of workers of the version before', () => {
  /** Pushes what such a worker pushes, oldest first. */
  const pushOld = (queue: string, ...jobs: string[]) =>
    server.look.rpush(
      `${queue}dead`,
      ...jobs.map((job, index) =>
        JSON.stringify({
          reason: 'out of deliveries',
          message: 'started 3 times',
          worker: 'old-worker',
          at: 1_700_000_000_000 + index,
          job,
        }),
      ),
    );

  it('are shown behind those that have ids, and retried and removed like them', async () => {
    const { queue, letters } = await failingQueue(['new']);
    await pushOld(queue, '  ["1","a",{"c":"gone","d":5}]', '["2","b",{}]', '["3","c",{}]');
    expect(await letters.count()).toBe(4);
    const all = await letters.list();
    expect(all.map(({ data }) => data)).toEqual(['new', 'c', 'b', 'a']);
    expect(all[3]).toEqual({
      id: expect.stringMatching(/^old-0-[\da-f]{12}$/),
      jobId: '1',
      reason: 'out of deliveries',
      message: 'started 3 times',
      error: undefined,
      attempts: undefined,
      worker: 'old-worker',
      at: 1_700_000_000_000,
      data: 'a',
      headers: {},
      text: '  ["1","a",{"c":"gone","d":5}]',
    });
    expect(await letters.list({ skip: 1, limit: 2 })).toEqual(all.slice(1, 3));
    expect(await letters.list({ skip: 3, limit: 2 })).toEqual(all.slice(3));
    const [, third, second, first] = all.map(({ id }) => id);
    expect(await letters.retry(first ?? '')).toBe(1);
    // The others have other positions now.
    expect(await letters.get(third ?? '')).toMatchObject({ id: third, data: 'c' });
    await pushOld(queue, '["4","d",{}]');
    expect(await letters.remove([second ?? '', third ?? ''])).toBe(2);
    expect((await letters.list()).map(({ data }) => data)).toEqual(['new', 'd']);
    const [waiting = ''] = await server.look.lrange(`${queue}requests`, 0, -1);
    expect(waiting).toMatch(/^\["1","a",\{"t":\d{13}\}\]$/);
  });

  it('are chosen by a filter', async () => {
    const queue = randomQueue();
    const letters = lettersOf(queue);
    await pushOld(queue, ...Array.from({ length: 120 }, (_, index) => `["${index}",${index},{}]`));
    expect(await letters.remove({ since: 1_700_000_000_110 })).toBe(10);
    expect(await letters.retry({ worker: 'another' })).toBe(0);
    expect(await letters.retry({ reason: 'out of deliveries' })).toBe(110);
    expect(await letters.count()).toBe(0);
    expect(await server.look.llen(`${queue}requests`)).toBe(110);
  });
});
