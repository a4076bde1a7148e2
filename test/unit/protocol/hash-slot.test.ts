import { describe, expect, it } from 'vitest';
import { hashSlotOf, MAX_SHARDS, shardTags, SLOT_COUNT } from '../../../lib/protocol/hash-slot.js';
import { shardIndexOf } from '../../../lib/redis/shard-of-queue.js';

// As CLUSTER KEYSLOT of Redis 7.0 answers.
it.each([
  ['foo', 12_182],
  ['{user}x', 5_474],
  ['{}x', 10_595],
  ['foo{bar}{zap}', 5_061],
  ['foo{{bar}}zap', 4_015],
  ['ü{é}', 10_180],
])('the key "%s" is in slot %i', (key, slot) => {
  expect(hashSlotOf(key)).toBe(slot);
});

describe('the tags of shards', () => {
  it.each([1, 2, 3, 16, 100, MAX_SHARDS])('%i of them own a slot in each equal part', (shards) => {
    const tags = shardTags(shards);
    expect(tags).toHaveLength(shards);
    const parts = tags.map((tag) =>
      Math.floor((hashSlotOf(`{${tag}}app:jobsrequests`) * shards) / SLOT_COUNT),
    );
    expect(parts).toEqual(Array.from({ length: shards }, (_, index) => index));
  });

  it('begin with the same tag, whatever the number of shards', () => {
    const first = new Set([1, 2, 7, 16, 500, MAX_SHARDS].map((shards) => shardTags(shards)[0]));
    expect([...first]).toEqual(['460']);
  });
});

it('the shard of a queue is the one that the documentation tells', () => {
  // `printf reports | sha256sum` begins with 7f26104f.
  expect(shardIndexOf('reports', 16)).toBe(15);
});

// A checksum, unlike a hash, puts names of one form into few shards.
it.each<[string, (number: number) => string]>([
  ['numbers at the end', (number) => `jobs.${number}`],
  ['numbers at the beginning', (number) => `${number}:mails`],
  ['numbers in the middle', (number) => `shop.${number}.thumbnails`],
  ['numbers alone', String],
  ['letters', (number) => `jobs-${String.fromCharCode(0x61 + number)}`],
])('queues whose names differ by %s are spread over the shards', (_difference, nameOf) => {
  const counts = new Map<number, number>();
  for (let number = 0; number < 20; number++) {
    const index = shardIndexOf(nameOf(number), 16);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  // 20 balls that fall into 16 boxes by chance hit 11.6 of them on average.
  expect(counts.size).toBeGreaterThanOrEqual(9);
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(5);
});

it('many queues are spread evenly over the shards', () => {
  const counts = Array.from({ length: 16 }, () => 0);
  for (let queue = 0; queue < 1_600; queue++) {
    const index = shardIndexOf(`queue-${queue}`, 16);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(50);
  expect(Math.max(...counts)).toBeLessThan(150);
});
