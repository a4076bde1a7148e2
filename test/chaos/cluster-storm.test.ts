import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { useCluster } from '../support/cluster.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import type { RestartableRedis } from '../support/restartable-redis.js';
import { ClusterLoad, shardOf, slotOfShard } from './cluster-load.js';
import { few, findWrongs } from './verdict.js';

/** `CHAOS_STORM=full` for the sizes of a busy service; else a short form of the same. */
const isFull = process.env['CHAOS_STORM'] === 'full';
const SIZE = isFull
  ? { workers: 8, requesters: 4, queues: 20, requests: 25_000, inFlight: 128, ms: 30 }
  : { workers: 2, requesters: 2, queues: 20, requests: 2_500, inFlight: 64, ms: 10 };

/** Jobs that wait in the hot queue. */
const WAITING = 1_200;

const ALL_SLOTS = Array.from({ length: 16 }, (_, shard) => slotOfShard(shard));

const cluster = useCluster();

it('each request is answered with its own reply, and all keys of a queue are in one slot, those of a hot queue in one for each shard', async () => {
  const load = new ClusterLoad(cluster, SIZE);
  await load.startWorkers();
  await load.startRequesters();
  const keys = new Set<string>();
  const note = async (): Promise<void> =>
    (await cluster.keys('{*}test-*')).forEach((key) => keys.add(key));
  const watch = setInterval(() => void note(), 200);
  const begin = performance.now();
  await load.end(isFull ? 300_000 : 60_000);
  clearInterval(watch);
  const seconds = (performance.now() - begin) / 1_000;
  const { stories, queues } = load;
  process.stdout.write(
    `${stories.size} requests over ${queues.length} queues of a Cluster in ${seconds.toFixed(1)} s\n`,
  );
  expect(stories.size).toBe(SIZE.requests * SIZE.requesters);
  expect(few(findWrongs(stories, { faults: [] }))).toEqual([]);
  expect([...stories.values()].every(({ ends }) => ends[0] === 'complete')).toBe(true);
  const slots = await slotsByQueue([...keys], queues);
  for (const queue of queues) {
    const expected = queue === load.hotQueue ? ALL_SLOTS : [slotOfShard(shardOf(queue))];
    expect([...(slots.get(queue) ?? [])].toSorted()).toEqual(expected.toSorted());
  }
}, 360_000);

/** @returns the slots of the keys of each queue, as Redis says. */
async function slotsByQueue(
  keys: readonly string[],
  queues: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const slots = new Map(queues.map((queue) => [queue, new Set<number>()]));
  const [node] = await cluster.masters();
  await node?.look(async (redis) => {
    for (const key of keys) {
      const [queue] = /(?<=\})test-[\da-f-]+:(?!streams:)/.exec(key) ?? [];
      slots.get(queue ?? '')?.add(Number(await redis.cluster('KEYSLOT', key)));
    }
  });
  return slots;
}

it('the requests of a hot queue spread over the masters, within a third of their mean', async () => {
  const queue = randomQueue();
  const { client } = openReqRep({ connection: cluster.connection, hotQueues: [queue] });
  const pushed = Array.from({ length: WAITING }, (_, job) =>
    lastValueFrom(client.emit(queue, job)),
  );
  await Promise.all(pushed);
  const counts = await Promise.all((await cluster.masters()).map((one) => waitingOn(one, queue)));
  process.stdout.write(`jobs of a hot queue on the masters: ${counts.join(', ')}\n`);
  const mean = WAITING / counts.length;
  for (const count of counts) {
    expect(Math.abs(count - mean)).toBeLessThan(mean / 3);
  }
});

/** @returns the number of jobs of a queue that wait on a master. */
const waitingOn = (master: RestartableRedis, queue: string): Promise<number> =>
  master.look(async (redis) => {
    const lists = await redis.keys(`{*}${queue}requests`);
    const lengths = await Promise.all(lists.map((list) => redis.llen(list)));
    return lengths.reduce((sum, length) => sum + length, 0);
  });
