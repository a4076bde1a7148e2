import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { openReqRep, type TestReqRep } from '../support/open-reqrep.js';
import type { CreateReqRepOptions } from '../../lib/core/index.js';
import { useCluster } from '../support/cluster.js';
import { proxyBefore, type LineProxy } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { waitFor } from '../support/wait-for.js';

const cluster = useCluster({ replicas: 0 });

let prefixes = 0;

/** A client and workers with a prefix of their own, since the settings of the shards stay in the Cluster. */
const open = (options: CreateReqRepOptions = {}): TestReqRep =>
  openReqRep({ connection: cluster.connection, prefix: `test${prefixes++}:`, ...options });

/** Serves a queue and sends it a request. */
async function echo({ workers, client }: TestReqRep, queue = randomQueue()): Promise<unknown> {
  await workers.serve(queue, (data) => data);
  return client.request(queue, 'echoed', { timeout: 5_000 });
}

/** @returns the slots of the keys of this prefix. */
async function slotsOf(prefix: string): Promise<ReadonlySet<unknown>> {
  const keys = await cluster.keys(`{*}${prefix}*`);
  const [master] = await cluster.masters();
  const slots = keys.map((key) => master && cluster.run(master, 'CLUSTER', 'KEYSLOT', key));
  return new Set(await Promise.all(slots));
}

/** @returns the error that a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It did not fail')),
    (error: unknown) => error as Error,
  );

const warnings = ({ lines }: TestReqRep): readonly string[] =>
  lines.filter((line) => !line.startsWith('log '));

it.each<[string, () => CreateReqRepOptions['connection']]>([
  ['a URL with all nodes', () => cluster.url],
  ['a URL with one node', () => `redis+cluster://127.0.0.1:${cluster.nodes[1]?.port}`],
  ['addresses', () => cluster.connection],
  ['an address of no node besides', () => ({ nodes: [1, ...cluster.connection.nodes] })],
])('requests are answered on a Cluster that is named by %s', async (_, connection) => {
  const reqRep = open({ connection: connection() });
  expect(await echo(reqRep)).toBe('echoed');
  expect(warnings(reqRep)).toEqual([]);
});

it('a Cluster of ioredis is taken over, and neither used nor closed', async () => {
  const given = new Cluster([...cluster.connection.nodes], { lazyConnect: true });
  onTestFinished(() => given.disconnect());
  expect(await echo(open({ connection: given }))).toBe('echoed');
  expect(given.status).toBe('wait');
});

it('nodes are reached at the addresses that natMap gives', async () => {
  const proxies = new Map<string, LineProxy>(
    await Promise.all(
      cluster.nodes.map(
        async ({ port }) => [`127.0.0.1:${port}`, await proxyBefore(port)] as const,
      ),
    ),
  );
  const seen = new Set<string>();
  const natMap = (key: string): { host: string; port: number } | null => {
    seen.add(key);
    const { hostname, port } = new URL(proxies.get(key)?.url ?? '');
    return { host: hostname, port: Number(port) };
  };
  const [first] = proxies.values();
  const reqRep = open({ connection: { nodes: [first?.url ?? ''], natMap } });
  expect(await echo(reqRep)).toBe('echoed');
  expect(seen.size).toBe(3);
});

it('all keys of a queue are in one slot', async () => {
  const prefix = 'slots:';
  const reqRep = open({ prefix });
  const queue = 'reports{of}{today}';
  await reqRep.workers.serve(queue, async function* () {
    yield 1;
    expect((await slotsOf(prefix)).size).toBe(2); // those of the queue, and the settings
    yield 2;
  });
  expect(await reqRep.client.request(queue)).toBe(2);
});

it('the first process says how many shards there are, and another number is refused', async () => {
  const prefix = 'count:';
  expect(await echo(open({ prefix, shards: 4 }))).toBe('echoed');
  const other = open({ prefix, shards: 8, failFast: true });
  const error = await errorOf(echo(other));
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED' });
  expect(error.message).toContain('in 4 shards, but this process has `shards: 8`');
  expect(await echo(open({ prefix, shards: 4 }))).toBe('echoed');
});

it('a hot queue is in all shards, and shares the concurrency of its worker', async () => {
  const prefix = 'hot:';
  const queue = randomQueue();
  const { workers, client, lines } = open({ prefix, shards: 6, hotQueues: [queue] });
  let running = 0;
  let most = 0;
  const shards = new Set<string>();
  await workers.serve(
    queue,
    async (data: number) => {
      most = Math.max(most, ++running);
      const slots = await cluster.keys(`{*}${prefix}${queue}active:*`);
      slots.forEach((key) => shards.add(key.slice(0, key.indexOf('}'))));
      running--;
      return data;
    },
    { concurrency: 2 },
  );
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  const replies: Promise<unknown>[] = [];
  for (const number of numbers) {
    replies.push(client.request(queue, number, { timeout: 20_000 }));
    // What is sent in one turn goes to one shard.
    await nextTurn();
  }
  expect(await Promise.all(replies)).toEqual(numbers);
  expect(most).toBe(2);
  expect(shards.size).toBe(6);
  expect(lines.filter((line) => line.includes('Serving'))).toEqual([
    expect.stringContaining('on 6 shards of redis+cluster://'),
  ]);
});

it('a worker that does not know a hot queue does not start, but requests to it are answered', async () => {
  const prefix = 'unknown-hot:';
  const queue = randomQueue();
  const knowing = open({ prefix, hotQueues: [queue] });
  expect(await echo(knowing, queue)).toBe('echoed');
  const unknowing = open({ prefix });
  expect(await unknowing.client.request(queue, 'sent', { timeout: 5_000 })).toBe('sent');
  const error = await errorOf(unknowing.workers.serve(queue, () => 'never'));
  expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'hotQueues' });
  expect(error.message).toContain(queue);
});

it('a server that is no node of a Cluster is named as such', async () => {
  const alone = await RestartableRedis.start();
  onTestFinished(() => alone.stop());
  const reqRep = open({
    connection: { nodes: [{ host: '127.0.0.1', port: alone.port }] },
    failFast: true,
  });
  const error = await errorOf(echo(reqRep));
  expect(error.message).toContain(`127.0.0.1:${alone.port}`);
  expect(error.message).toContain('is not a node of a Redis Cluster');
});

it('a wrong password is named, and not shown', async () => {
  const redisOptions = { username: 'ann', password: 'hunter2' };
  const reqRep = open({ connection: { ...cluster.connection, redisOptions }, failFast: true });
  const error = await errorOf(echo(reqRep));
  expect(error.message).toContain('refuses the password of the user "ann"');
  expect(error.message).not.toContain('hunter2');
});

it('a Cluster that is not there yet is waited for, and said to be away', async () => {
  const proxy = await proxyBefore(1); // where nobody listens
  const reqRep = open({ connection: { nodes: [proxy.url] } });
  const reply = echo(reqRep);
  await waitFor(() => warnings(reqRep).length > 0);
  proxy.port = cluster.nodes[0]?.port ?? 0;
  expect(await reply).toBe('echoed');
});
