import type { Operation } from '../driver/operation.js';
import type { Shard } from '../driver/shard.js';
import { decodeJob } from '../protocol/wire/job-element.js';
import type { Letter } from '../protocol/wire/dead-letter.js';
import { retriedJob } from '../protocol/wire/retried-job.js';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';

/** Carries out an operation on a shard. */
export type RunOnShard = <Input, Output>(
  shard: Shard,
  operation: Operation<Input, Output>,
  input: Input,
) => Promise<Output>;

/** One place with dead letters of a queue: what ids are within it, nobody else knows. */
export interface LetterSource {
  count(): Promise<number>;
  /** @returns the letters from one position to another, which is included; the newest is 0. */
  page(first: number, last: number): Promise<DeadLetter[]>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** @returns the ids of all letters that a filter chooses, the oldest first. */
  choose(filter: DeadLetterFilter): Promise<string[]>;
  /** Moves letters back to their queue. @returns how many there were. */
  retry(ids: readonly string[]): Promise<number>;
  /** @returns how many there were. */
  remove(ids: readonly string[]): Promise<number>;
}

/** Makes what users see of a letter. */
export function deadLetterOf(id: string, at: number, letter: Letter): DeadLetter {
  const { reason, message, error, attempts, worker, job: text } = letter;
  const job = decodeJob(text);
  const known =
    job.version === 0
      ? { jobId: undefined, data: undefined, headers: {} }
      : { jobId: job.id, data: job.data, headers: job.headers ?? {} };
  return { id, ...known, reason, message, error, attempts, worker, at, text };
}

/**
 * @param job - the bytes of the job of a letter.
 * @param now - ms, Redis clock.
 * @returns the job as it goes back to its queue; a text that is no job goes back as it is, perhaps to workers that can read it.
 */
export const elementToRetry = (job: Buffer, now: number): string | Buffer =>
  retriedJob(job.toString(), now) ?? job;

/** Splits an array into parts. */
export function* inParts<Item>(items: readonly Item[], most: number): Generator<Item[]> {
  for (let first = 0; first < items.length; first += most) {
    yield items.slice(first, first + most);
  }
}
