import { createHash } from 'node:crypto';
import type { Run } from '../driver/operation.js';
import { FIRST_READ_JOBS, ReadSize } from '../driver/read-size.js';
import type { Shard } from '../driver/shard.js';
import type { QueueKeys } from '../protocol/keys.js';
import { listLength, readListBytes } from '../protocol/operations/lists.js';
import { takeListedLetter } from '../protocol/operations/take-listed-letter.js';
import { decodeListedLetter } from '../protocol/wire/dead-letter.js';
import type { DeadLetter } from './dead-letter.js';
import { isInTime, isMeant, type DeadLetterFilter } from './dead-letter-filter.js';
import { deadLetterOf, elementToRetry, type LetterSource } from './letter-source.js';

/** Length of the beginning of the SHA-1 in an id, hex digits. */
const DIGEST_LENGTH = 12;

/** A letter in the list, and where it was found. */
interface Found {
  readonly position: number;
  readonly text: Buffer;
}

/**
 * The dead letters of workers of earlier versions, in a list. A letter has no id there, so its id is its position from the head, where
 * such workers never push, with a digest of its text. The position becomes wrong when letters before it are removed; then the letter is
 * looked for further ahead.
 */
export class ListedLetters implements LetterSource {
  private readonly keys: QueueKeys;
  private readonly clock: Shard['driver']['clock'];

  constructor(
    { driver, keys }: Shard,
    queue: string,
    private readonly run: Run,
  ) {
    this.keys = keys.queue(queue);
    this.clock = driver.clock;
  }

  count(): Promise<number> {
    return this.run(listLength, this.keys.deadList);
  }

  async page(first: number, last: number): Promise<DeadLetter[]> {
    const count = await this.count();
    const found = first < count ? await this.range(count - 1 - last, count - 1 - first) : [];
    return found.toReversed().map(letterOf);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const found = await this.find(id);
    return found && letterOf(found);
  }

  async choose(filter: DeadLetterFilter): Promise<string[]> {
    const count = await this.count();
    const chosen: string[] = [];
    const readSize = new ReadSize(FIRST_READ_JOBS);
    for (let first = 0; first < count;) {
      const part = await this.range(first, first + readSize.entries - 1);
      if (part.length === 0) {
        break; // others have removed letters meanwhile
      }
      first += part.length;
      readSize.learnFrom(part.map(({ text }) => text));
      for (const letter of part.map(letterOf)) {
        if (isInTime(letter.at, filter) && isMeant(letter, filter)) {
          chosen.push(letter.id);
        }
      }
    }
    return chosen;
  }

  async retry(ids: readonly string[]): Promise<number> {
    let retried = 0;
    for (const id of fromTheEnd(ids)) {
      const found = await this.find(id);
      if (found) {
        const { job } = decodeListedLetter(found.text.toString());
        const element = elementToRetry(Buffer.from(job), this.clock.now());
        retried += await this.take(found, { requests: this.keys.requests, element });
      }
    }
    return retried;
  }

  async remove(ids: readonly string[]): Promise<number> {
    let removed = 0;
    for (const id of fromTheEnd(ids)) {
      const found = await this.find(id);
      removed += found ? await this.take(found) : 0;
    }
    return removed;
  }

  /** @returns how many letters were taken. */
  private async take(
    { position, text }: Found,
    retry?: { readonly requests: string; readonly element: string | Buffer },
  ): Promise<number> {
    const letter = { list: this.keys.deadList, position, digest: digestOf(text), retry };
    return (await this.run(takeListedLetter, letter)) ? 1 : 0;
  }

  private async find(id: string): Promise<Found | undefined> {
    const [, position = '', digest] = id.split('-');
    // An id may name any position: letters were removed, or somebody has made the id up.
    let last = Math.min(Number(position), (await this.count()) - 1);
    let first = last;
    const readSize = new ReadSize(FIRST_READ_JOBS);
    while (last >= 0) {
      const part = await this.range(Math.max(0, first), last);
      readSize.learnFrom(part.map(({ text }) => text));
      const found = part.findLast(({ text }) => digestOf(text) === digest);
      if (found) {
        return found;
      }
      last = first - 1;
      first = last - readSize.entries + 1;
    }
    return undefined;
  }

  private async range(first: number, last: number): Promise<Found[]> {
    const from = Math.max(0, first);
    const range = { list: this.keys.deadList, first: from, last };
    const texts = last < 0 ? [] : await this.run(readListBytes, range);
    return texts.map((text, index) => ({ position: from + index, text }));
  }
}

const digestOf = (text: Buffer): string =>
  createHash('sha1').update(text).digest('hex').slice(0, DIGEST_LENGTH);

function letterOf({ position, text }: Found): DeadLetter {
  const letter = decodeListedLetter(text.toString());
  return deadLetterOf(`old-${position}-${digestOf(text)}`, letter.at, letter);
}

/** Sorts ids by position, the last first, so that no letter that is taken moves another one. */
const fromTheEnd = (ids: readonly string[]): string[] => {
  const positionOf = (id: string): number => Number(id.split('-')[1]);
  return ids.toSorted((one, other) => positionOf(other) - positionOf(one));
};
