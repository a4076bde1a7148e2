import type { Shards } from '../driver/shard.js';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue, isRecord } from '../errors/value-text.js';
import { aName, aString, checkOptions, expectedBy } from '../options/option-rules.js';
import type { DeadLetter } from './dead-letter.js';
import { FILTER_RULES, type DeadLetterFilter } from './dead-letter-filter.js';
import type { DeadLetterRange } from './dead-letter-range.js';
import type { LetterSource, RunOnShard } from './letter-source.js';
import { ListedLetters } from './listed-letters.js';
import { DEFAULT_LIMIT, RANGE_RULES } from './range-rules.js';
import { StoredLetters, timeOf } from './stored-letters.js';

/** An id: of the letter within its source, then the number of the shard where a queue is in several. */
const ID = /^(\d+-\d+|(old-\d+-[\da-f]+))(?:@(\d+))?$/;

/** The letters of one shard. */
interface ShardLetters {
  readonly stored: StoredLetters;
  readonly listed: ListedLetters;
  /** The end of all ids of this shard. */
  readonly suffix: string;
}

/**
 * The dead letters of one queue: jobs that are not run any more. On a Redis Cluster, a hot queue has letters in all of its shards, which
 * are seen here as one.
 *
 * Each method fails within some seconds, with a {@link ConnectionFailedError}, where Redis does not answer; and with the refusal of Redis, in
 * words, where its user lacks a right. Many letters are handled in parts, of which those
 * before a failure are done.
 */
export class DeadLetters {
  /** The name of the queue. */
  readonly queue: string;
  readonly #shards: Shards;
  readonly #run: RunOnShard;

  /** Is private: call `admin.deadLetters(queue)`. */
  private constructor(shards: Shards, queue: string, run: RunOnShard) {
    this.#shards = shards;
    this.#run = run;
    this.queue = queue;
  }

  /**
   * @param run - carries out an operation that may be carried out twice without harm.
   * @internal
   */
  static create(shards: Shards, queue: string, run: RunOnShard): DeadLetters {
    return new DeadLetters(shards, queue, run);
  }

  /** Counts the letters. */
  async count(): Promise<number> {
    const sources = this.#open().flatMap(({ stored, listed }) => [stored, listed]);
    return sum(await Promise.all(sources.map((source) => source.count())));
  }

  /**
   * Lists letters, the newest first. Those of workers of earlier versions come behind all others.
   * @throws InvalidOptionError for a range that there cannot be.
   */
  async list(range: DeadLetterRange = {}): Promise<DeadLetter[]> {
    checkOptions(range, RANGE_RULES, 'the options of a call to `deadLetters.list`');
    const { skip = 0, limit = DEFAULT_LIMIT } = range;
    const shards = this.#open();
    const letters = await listStored(shards, skip, limit);
    if (letters.length < limit) {
      const counts = await Promise.all(shards.map(({ stored }) => stored.count()));
      const first = Math.max(0, skip - sum(counts));
      letters.push(...(await listListed(shards, first, limit - letters.length)));
    }
    return letters;
  }

  /**
   * Reads one letter.
   * @returns `undefined` where there is none with this id.
   * @throws InvalidOptionError for anything that is no text.
   */
  async get(id: string): Promise<DeadLetter | undefined> {
    if (!aString.accepts(id)) {
      const option = 'id in a call to `deadLetters.get`';
      throw new InvalidOptionError(option, expectedBy(aString, id), describeValue(id));
    }
    const place = placeOf(this.#open(), id);
    const letter = await place?.source.get(place.id);
    return letter && place && { ...letter, id };
  }

  /**
   * Moves letters back to the end of their queue, each in one step, so that no job is lost or doubled. A job keeps its id, its data and
   * its headers. It has no deadline any more and no caller, who has given up long ago, and its deliveries count from 1 again. A text that
   * is no job goes back as it is.
   * @param which - ids of letters, or a filter; `{}` chooses all.
   * @returns how many letters there were. After a lost connection it may be less, because a letter that was moved before is not counted.
   * @throws InvalidOptionError for anything else than ids or a filter.
   */
  async retry(which: string | readonly string[] | DeadLetterFilter): Promise<number> {
    return this.#forAll(which, 'retry', (source, ids) => source.retry(ids));
  }

  /**
   * Removes letters for good.
   * @param which - ids of letters, or a filter; `{}` chooses all.
   * @returns how many letters there were. After a lost connection it may be less, because a letter that was removed before is not counted.
   * @throws InvalidOptionError for anything else than ids or a filter.
   */
  async remove(which: string | readonly string[] | DeadLetterFilter): Promise<number> {
    return this.#forAll(which, 'remove', (source, ids) => source.remove(ids));
  }

  async #forAll(
    which: string | readonly string[] | DeadLetterFilter,
    method: string,
    act: (source: LetterSource, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const where = `a call to \`deadLetters.${method}\``;
    const given = checkedChoice(which, where);
    const shards = this.#open();
    let count = 0;
    if (Array.isArray(given)) {
      for (const [source, own] of bySource(shards, given)) {
        count += await act(source, own);
      }
    } else {
      for (const source of shards.flatMap(({ stored, listed }) => [listed, stored])) {
        count += await act(source, await source.choose(given));
      }
    }
    return count;
  }

  /** @returns the letters of all shards of the queue. */
  #open(): ShardLetters[] {
    const { queue } = this;
    const all = this.#shards.of(queue);
    return all.map((shard, index) => ({
      stored: new StoredLetters(shard, queue, (...call) => this.#run(shard, ...call)),
      listed: new ListedLetters(shard, queue, (...call) => this.#run(shard, ...call)),
      suffix: all.length === 1 ? '' : `@${index}`,
    }));
  }
}

/** @throws InvalidOptionError */
function checkedChoice(
  which: string | readonly string[] | DeadLetterFilter,
  where: string,
): string[] | DeadLetterFilter {
  const list: unknown = typeof which === 'string' ? [which] : which;
  if (Array.isArray(list)) {
    const wrong = list.findIndex((id) => !aName.accepts(id));
    if (wrong !== -1) {
      const part = list === which ? `which[${wrong}]` : 'which';
      const id: unknown = list[wrong];
      const expected = `the id of a dead letter, ${expectedBy(aName, id)}`;
      throw new InvalidOptionError(`${part} in ${where}`, expected, describeValue(id));
    }
    return [...new Set(list as string[])];
  }
  if (!isRecord(list)) {
    const expected =
      "an id, an array of ids, or a filter such as { reason: 'failed' } ({} chooses all letters)";
    throw new InvalidOptionError(`which in ${where}`, expected, describeValue(list));
  }
  const filter: DeadLetterFilter = list;
  checkOptions(filter, FILTER_RULES, where);
  return filter;
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

/** @returns where a letter is, and its id there; `undefined` for an id that no letter has. */
function placeOf(
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

function bySource(
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

const sum = (counts: readonly number[]): number =>
  counts.reduce((total, count) => total + count, 0);
