import { expect, it } from 'vitest';
import { useCluster } from '../support/cluster.js';
import { openReqRep } from '../support/open-reqrep.js';
import { waitFor } from '../support/wait-for.js';

const cluster = useCluster({ replicas: 0 });

const JOBS = 12;

it('the dead letters of a hot queue are in all shards, and are seen as one', async () => {
  const options = { connection: cluster.connection, shards: 4, hotQueues: ['hot'] };
  const { client, workers, admin } = openReqRep(options);
  await workers.serve('hot', (index) => {
    throw new Error(`job ${index}`);
  });
  const letters = admin.deadLetters('hot');
  for (let index = 0; index < JOBS; index++) {
    client.emit('hot', index);
    await waitFor(async () => (await letters.count()) === index + 1);
  }
  await workers.stop();

  const all = await letters.list();
  const newestFirst = Array.from({ length: JOBS }, (_, index) => JOBS - 1 - index);
  expect(all.map(({ data }) => data)).toEqual(newestFirst);
  const shards = new Set(all.map(({ id }) => /@\d$/.exec(id)?.[0]));
  expect([...shards].toSorted()).toEqual(['@0', '@1', '@2', '@3']);
  expect(await letters.list({ skip: 3, limit: 5 })).toEqual(all.slice(3, 8));
  expect(await letters.list({ skip: JOBS })).toEqual([]);

  const [first, second, third] = all;
  expect(await letters.get(second?.id ?? '')).toEqual(second);
  // Without its shard, or with another one, an id is none.
  expect(await letters.get(second?.id.replace(/@.*/, '') ?? '')).toBeUndefined();
  expect(await letters.get(second?.id.replace(/@.*/, '@9') ?? '')).toBeUndefined();
  expect(await letters.remove([first?.id ?? '', second?.id ?? ''])).toBe(2);
  expect(await letters.retry(third?.id ?? '')).toBe(1);
  expect((await letters.list()).map(({ data }) => data)).toEqual(newestFirst.slice(3));

  expect(await letters.retry({ reason: 'failed' })).toBe(JOBS - 3);
  expect(await letters.count()).toBe(0);
  const seen: unknown[] = [];
  const again = openReqRep(options);
  await again.workers.serve('hot', (index) => void seen.push(index));
  await waitFor(() => seen.length === JOBS - 2);
  expect(seen.toSorted((one, other) => Number(one) - Number(other))).toEqual(
    newestFirst.slice(2).toReversed(),
  );
});
