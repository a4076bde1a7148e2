import type { DeadLetter } from './dead-letter.js';
import type { ShardLetters } from './letter-shards.js';
import { timeOf } from './stored-letters.js';
import { sumOf } from './sum-of.js';

/** Lists letters of all shards, the newest first; those of workers of earlier versions come behind all others. */
export async function listLetters(
  shards: readonly ShardLetters[],
  skip: number,
  limit: number,
): Promise<DeadLetter[]> {
  const letters = await listStored(shards, skip, limit);
  if (letters.length < limit) {
    const counts = await Promise.all(shards.map(({ stored }) => stored.count()));
    const first = Math.max(0, skip - sumOf(counts));
    letters.push(...(await listListed(shards, first, limit - letters.length)));
  }
  return letters;
}

/** Lists letters that have ids, those of several shards merged by time. */
async function listStored(
  shards: readonly ShardLetters[],
  offset: number,
  limit: number,
): Promise<DeadLetter[]> {
  const last = offset + limit - 1;
  const [only] = shards;
  if (shards.length === 1 && only) {
    return only.stored.page(offset, last);
  }
  const ids = await Promise.all(
    shards.map(async (shard) =>
      (await shard.stored.ids(0, last)).map((id) => ({ id, shard, at: timeOf(id) })),
    ),
  );
  const page = ids
    .flat()
    .toSorted((one, other) => other.at - one.at)
    .slice(offset, last + 1);
  const letters = await Promise.all(
    page.map(async ({ id, shard }) => withSuffix(await shard.stored.read([id]), shard)),
  );
  return letters.flat();
}

/** Lists letters of workers of earlier versions, shard by shard. */
async function listListed(
  shards: readonly ShardLetters[],
  offset: number,
  limit: number,
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let before = 0;
  for (const shard of shards) {
    const first = Math.max(0, offset - before);
    const missing = limit - letters.length;
    if (missing > 0) {
      const page = await shard.listed.page(first, first + missing - 1);
      letters.push(...withSuffix(page, shard));
      before += await shard.listed.count();
    }
  }
  return letters;
}

const withSuffix = (letters: readonly DeadLetter[], { suffix }: ShardLetters): DeadLetter[] =>
  letters.map((letter) => ({ ...letter, id: letter.id + suffix }));
