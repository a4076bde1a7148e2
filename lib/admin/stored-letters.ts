import type { Run } from '../driver/operation.js';
import { FIRST_READ_JOBS, ReadSize } from '../driver/read-size.js';
import type { Shard } from '../driver/shard.js';
import type { DeadLetterKeys } from '../protocol/keys.js';
import {
  countDeadLetters,
  readDeadIds,
  readDeadLetters,
  removeDeadLetters,
  retryDeadLetter,
} from '../protocol/operations/dead-letters.js';
import { decodeLetter } from '../protocol/wire/dead-letter.js';
import type { DeadLetter } from './dead-letter.js';
import { isInTime, isMeant, type DeadLetterFilter } from './dead-letter-filter.js';
import { deadLetterOf, elementToRetry, inParts, type LetterSource } from './letter-source.js';

/** Number of letters that are removed together: to free long ones takes the server a while. */
const LETTERS_PER_REMOVAL = 50;

/** Number of ids that are read together. */
const IDS_PER_PART = 1_000;

/** The dead letters of one queue on one shard, by their ids. */
export class StoredLetters implements LetterSource {
  private readonly dead: DeadLetterKeys;
  private readonly requests: string;
  private readonly clock: Shard['driver']['clock'];

  constructor(
    { driver, keys }: Shard,
    queue: string,
    private readonly run: Run,
  ) {
    const { deadLetters, requests } = keys.queue(queue);
    this.dead = deadLetters;
    this.requests = requests;
    this.clock = driver.clock;
  }

  count(): Promise<number> {
    return this.run(countDeadLetters, this.dead);
  }

  async page(first: number, last: number): Promise<DeadLetter[]> {
    return this.read(await this.ids(first, last));
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const [letter] = await this.read([id]);
    return letter;
  }

  /** @returns ids, the newest first. */
  ids(first: number, last: number): Promise<string[]> {
    return this.run(readDeadIds, { dead: this.dead, first, last });
  }

  /** @returns the letters that are still there, in the order of the ids. */
  async read(ids: readonly string[]): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for await (const part of this.texts(ids)) {
      letters.push(...part.map(letterOf));
    }
    return letters;
  }

  async choose(filter: DeadLetterFilter): Promise<string[]> {
    const { reason, worker } = filter;
    const inTime = await this.idsInTime(filter);
    if (reason === undefined && worker === undefined) {
      return inTime.toReversed();
    }
    const chosen: string[] = [];
    for await (const part of this.texts(inTime)) {
      const meant = part.map(letterOf).filter((letter) => isMeant(letter, filter));
      chosen.push(...meant.map(({ id }) => id));
    }
    return chosen.toReversed();
  }

  async retry(ids: readonly string[]): Promise<number> {
    let retried = 0;
    for await (const letters of this.texts(ids)) {
      const now = this.clock.now();
      const results = await Promise.all(
        letters.map(({ id, text }) =>
          this.run(retryDeadLetter, {
            dead: this.dead,
            requests: this.requests,
            id,
            element: elementToRetry(text.subarray(text.indexOf('\n') + 1), now),
          }),
        ),
      );
      retried += results.filter(Boolean).length;
    }
    return retried;
  }

  async remove(ids: readonly string[]): Promise<number> {
    let removed = 0;
    for (const part of inParts(ids, LETTERS_PER_REMOVAL)) {
      const choice = { dead: this.dead, ids: part };
      removed += await this.run(removeDeadLetters, choice);
    }
    return removed;
  }

  /**
   * Reads part by part, each of which begins with a letter that was read before. Where it does not, others have removed letters meanwhile,
   * and those behind have moved in front of the part.
   * @returns the ids of the letters in the time of a filter, the newest first.
   */
  private async idsInTime(filter: DeadLetterFilter): Promise<string[]> {
    const found = new Set<string>();
    let first = 0;
    for (;;) {
      const part = await this.ids(first, first + IDS_PER_PART - 1);
      if (first > 0 && !found.has(part[0] ?? '')) {
        first = Math.max(0, first - IDS_PER_PART);
        continue;
      }
      part.forEach((id) => found.add(id));
      const oldest = part.at(-1);
      const isLast = oldest === undefined || part.length < IDS_PER_PART;
      if (isLast || timeOf(oldest) < (filter.since ?? 0)) {
        return [...found].filter((id) => isInTime(timeOf(id), filter));
      }
      first += IDS_PER_PART - 1;
    }
  }

  /** Reads letters in the order of their ids, a few long ones or many short ones at a time. Leaves out those that are not there any more. */
  private async *texts(ids: readonly string[]): AsyncGenerator<StoredLetter[]> {
    const readSize = new ReadSize(FIRST_READ_JOBS);
    for (let first = 0; first < ids.length;) {
      const part = ids.slice(first, first + readSize.entries);
      const texts = await this.run(readDeadLetters, { dead: this.dead, ids: part });
      const letters = part.flatMap((id, index) => {
        const text = texts[index];
        return text ? [{ id, text }] : [];
      });
      yield letters;
      first += part.length;
      readSize.learnFrom(letters.map(({ text }) => text));
    }
  }
}

/** A letter, and the bytes that are stored. */
interface StoredLetter {
  readonly id: string;
  readonly text: Buffer;
}

const letterOf = ({ id, text }: StoredLetter): DeadLetter =>
  deadLetterOf(id, timeOf(id), decodeLetter(text.toString()));

/** @returns the time of a letter, which its id begins with, ms. */
export const timeOf = (id: string): number => Number.parseInt(id, 10);
