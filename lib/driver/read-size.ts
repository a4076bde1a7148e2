/** Approximate length of the entries that one read should return, UTF-16 units. */
const TARGET_READ_CHARS = 1024 * 1024;

const FIRST_READ_ENTRIES = 64;

/** Number of jobs or dead letters that are read at first: each may be as long as `maxPayload` allows. */
export const FIRST_READ_JOBS = 8;

const MAX_READ_ENTRIES = 1_000;

/** Factor for the next read after one without an answer. It is small, so that a slow link or a server's limit is found soon. */
const SIZE_FACTOR_AFTER_LOSS = 1 / 4;

/** Factor by which the maximum grows with each answered read, after one was not answered. */
const GROWTH_FACTOR_AFTER_LOSS = 1.25;

/**
 * Chooses how many entries of a list to read at a time, whatever their length is: about {@link TARGET_READ_CHARS} in total, and fewer
 * after a read without an answer.
 */
export class ReadSize {
  private maxEntries = MAX_READ_ENTRIES;

  /** @param entries - how many to read next; at first, when nobody knows how long they are, this many. */
  constructor(public entries = FIRST_READ_ENTRIES) {}

  /** @param length - UTF-16 units or bytes of all entries that were read. */
  answered(entries: number, length: number): void {
    if (entries === 0) {
      return;
    }
    this.maxEntries = Math.min(
      Math.ceil(this.maxEntries * GROWTH_FACTOR_AFTER_LOSS),
      MAX_READ_ENTRIES,
    );
    const fitting = Math.max(1, Math.floor((TARGET_READ_CHARS * entries) / (length + 1)));
    // Grows step by step, because large entries may follow small ones.
    this.entries = Math.min(fitting, 2 * this.entries, this.maxEntries);
  }

  /** Learns from entries that were read, texts or bytes. */
  learnFrom(entries: readonly { readonly length: number }[]): void {
    this.answered(
      entries.length,
      entries.reduce((sum, { length }) => sum + length, 0),
    );
  }

  /** Reads less next time, because the connection was lost during a read. */
  unanswered(): void {
    this.maxEntries = Math.max(1, Math.floor(this.entries * SIZE_FACTOR_AFTER_LOSS));
    this.entries = this.maxEntries;
  }
}
