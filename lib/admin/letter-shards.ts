import type { Shards } from '../driver/shard.js';
import type { LetterSource, RunOnShard } from './letter-source.js';
import { ListedLetters } from './listed-letters.js';
import { StoredLetters } from './stored-letters.js';

/** An id: of the letter within its source, then the number of the shard where a queue is in several. */
const ID = /^(\d+-\d+|(old-\d+-[\da-f]+))(?:@(\d+))?$/;

/** The letters of one shard. */
export interface ShardLetters {
  readonly stored: StoredLetters;
  readonly listed: ListedLetters;
  /** The end of all ids of this shard. */
  readonly suffix: string;
}

/** @returns the letters of a queue in all of its shards. */
export function lettersOf(shards: Shards, queue: string, run: RunOnShard): ShardLetters[] {
  const all = shards.of(queue);
  return all.map((shard, index) => ({
    stored: new StoredLetters(shard, queue, (...call) => run(shard, ...call)),
    listed: new ListedLetters(shard, queue, (...call) => run(shard, ...call)),
    suffix: all.length === 1 ? '' : `@${index}`,
  }));
}

/** @returns where a letter is, and its id there; `undefined` for an id that no letter has. */
export function placeOf(
  shards: readonly ShardLetters[],
  id: string,
): { readonly source: LetterSource; readonly id: string } | undefined {
  const [, own, listed, shardNumber = ''] = ID.exec(id) ?? [];
  const suffix = shardNumber === '' ? '' : `@${shardNumber}`;
  const shard = shards.find((each) => each.suffix === suffix);
  return shard && own !== undefined
    ? { source: listed === undefined ? shard.stored : shard.listed, id: own }
    : undefined;
}

/** Groups ids by where their letters are; an id that no letter has is left out. */
export function bySource(
  shards: readonly ShardLetters[],
  ids: readonly string[],
): Map<LetterSource, string[]> {
  const found = new Map<LetterSource, string[]>();
  for (const each of ids) {
    const place = placeOf(shards, each);
    if (place) {
      const own = found.get(place.source) ?? [];
      found.set(place.source, own);
      own.push(place.id);
    }
  }
  return found;
}
