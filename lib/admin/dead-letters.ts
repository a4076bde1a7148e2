import type { Shards } from '../driver/shard.js';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { aString, checkOptions, expectedBy } from '../options/option-rules.js';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';
import { checkedChoice } from './letter-choice.js';
import { listLetters } from './letter-pages.js';
import { bySource, lettersOf, placeOf, type ShardLetters } from './letter-shards.js';
import type { LetterSource, RunOnShard } from './letter-source.js';
import type { ListRange } from './list-range.js';
import { DEFAULT_LIMIT, RANGE_RULES } from './range-rules.js';
import { sumOf } from './sum-of.js';

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
    return sumOf(await Promise.all(sources.map((source) => source.count())));
  }

  /**
   * Lists letters, the newest first. Those of workers of earlier versions come behind all others.
   * @throws InvalidOptionError for a range that there cannot be.
   */
  async list(range: ListRange = {}): Promise<DeadLetter[]> {
    checkOptions(range, RANGE_RULES, 'the options of a call to `deadLetters.list`');
    const { skip = 0, limit = DEFAULT_LIMIT } = range;
    return listLetters(this.#open(), skip, limit);
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
    return lettersOf(this.#shards, this.queue, this.#run);
  }
}
