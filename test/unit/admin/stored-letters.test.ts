import { expect, it } from 'vitest';
import { StoredLetters } from '../../../lib/admin/stored-letters.js';
import type { Run } from '../../../lib/driver/operation.js';
import { Keys } from '../../../lib/protocol/keys.js';
import {
  readDeadIds,
  readDeadLetters,
  type DeadLetterChoice,
  type DeadLetterRange,
} from '../../../lib/protocol/operations/dead-letters.js';
import { FakeDriver } from '../../support/fake-driver.js';

const LETTERS = 3_500;

const idOf = (number: number): string => `${1_700_000_000_000 + number}-${number}`;

/** Letters of which others remove some behind each reading. */
function lettersWhile(remove: (ids: string[]) => void): StoredLetters {
  const ids = Array.from({ length: LETTERS }, (_, index) => idOf(LETTERS - 1 - index));
  const run = async (operation: unknown, input: unknown): Promise<unknown> => {
    expect(operation).toBe(readDeadIds);
    const { first, last } = input as DeadLetterRange;
    const part = ids.slice(first, last + 1);
    remove(ids);
    return part;
  };
  return new StoredLetters({ driver: new FakeDriver(), keys: new Keys() }, 'queue', run as Run);
}

it.each([
  ['nothing', 0],
  ['a few of the newest', 3],
  ['more than a part of the newest', 1_200],
])('chooses every letter that stays while others remove %s', async (_, count) => {
  const removed = new Set<string>();
  const letters = lettersWhile((ids) => ids.splice(0, count).forEach((id) => removed.add(id)));
  const chosen = new Set(await letters.choose({}));
  const all = Array.from({ length: LETTERS }, (_each, index) => idOf(index));
  expect(all.filter((id) => !chosen.has(id) && !removed.has(id))).toEqual([]);
});

it('chooses by time, the oldest first', async () => {
  const range = { since: 1_700_000_000_000 + 10, until: 1_700_000_000_000 + 1_500 };
  const chosen = await lettersWhile(() => undefined).choose(range);
  expect(chosen[0]).toBe(idOf(10));
  expect(chosen).toEqual(chosen.toSorted());
});

it.each([
  ['long ones', 500_000, [8, 2, 2]],
  ['short ones', 10, [8, 16, 32]],
])(
  'reads few letters together at first, then as many as fit into an answer: %s',
  async (_, length, sizes) => {
    const letter = Buffer.from(`{"reason":"failed"}\n["a","${'x'.repeat(length)}"]`);
    const read: number[] = [];
    const run = async (operation: unknown, input: unknown): Promise<unknown> => {
      if (operation !== readDeadLetters) {
        return true;
      }
      const { ids } = input as DeadLetterChoice;
      read.push(ids.length);
      return ids.map(() => letter);
    };
    const shard = { driver: new FakeDriver(), keys: new Keys() };
    const letters = new StoredLetters(shard, 'queue', run as Run);
    expect(await letters.retry(Array.from({ length: 100 }, (_each, index) => idOf(index)))).toBe(
      100,
    );
    expect(read.slice(0, 3)).toEqual(sizes);
  },
);
