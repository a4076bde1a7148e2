import { expect, it } from 'vitest';
import { StoredLetters } from '../../../lib/admin/stored-letters.js';
import type { Run } from '../../../lib/driver/operation.js';
import { Keys } from '../../../lib/protocol/keys.js';
import {
  readDeadIds,
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
