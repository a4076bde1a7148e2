import { describe, expect, it } from 'vitest';
import {
  hashSlotOf,
  MAX_SHARDS,
  shardIndexOf,
  shardTags,
  SLOT_COUNT,
} from '../../../lib/protocol/hash-slot.js';

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

it('queues are spread evenly over the shards', () => {
  const counts = new Map<number, number>();
  for (let queue = 0; queue < 1_600; queue++) {
    const index = shardIndexOf(`queue-${queue}`, 16);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  expect(counts.size).toBe(16);
  expect(Math.min(...counts.values())).toBeGreaterThan(50);
  expect(Math.max(...counts.values())).toBeLessThan(150);
});
