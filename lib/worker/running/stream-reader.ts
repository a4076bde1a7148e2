import { beforeRetry } from '../../driver/before-retry.js';
import type { Driver } from '../../driver/driver.js';
import { delay, type Timer } from '../../driver/runtime.js';
import { listHead, trimList } from '../../protocol/operations/lists.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { measureList } from '../../protocol/operations/measure-list.js';

/** How many frames, and how many bytes, may be unread in a reply list before the next value waits. */
const MAX_UNREAD_FRAMES = 1_000;
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** First and longest wait between looks at a full reply list, ms: soon at first, then less often. */
const FIRST_CHECK_DELAY_MS = 1;
const MAX_CHECK_DELAY_MS = 64;

/** How often is looked whether the caller still reads, ms, and how many looks without it mean that it has gone. */
const CALLER_CHECK_INTERVAL_MS = 15_000;
const MAX_CHECKS_UNREAD = 4;

/** The caller of a stream, so far as its reply list tells: how much it has not read, and whether it still reads. */
export class StreamReader {
  private timer: Timer | undefined;
  /** The frame that the last look has met at the head of the list. */
  private head: string | null = null;
  /** How many looks in a row have met the same frame. */
  private checksUnread = 0;

  /** @param onGone - hears why nobody will read the list any more. */
  constructor(
    private readonly list: string,
    private readonly driver: Driver,
    private readonly onGone: (why: string) => void,
  ) {}

  /** Looks now and then whether the caller still reads. */
  watch(): void {
    const { runtime } = this.driver;
    this.timer = runtime.setInterval(() => this.checkCaller(), CALLER_CHECK_INTERVAL_MS).unref();
  }

  close(): void {
    this.driver.runtime.clear(this.timer);
  }

  /**
   * Waits while too much is unread.
   * @param size - of the list, as the last push has told.
   * @param frames - what was pushed last: where the server does not tell, all frames are taken to be as large as these.
   */
  async untilRead(
    size: ListSize,
    frames: readonly string[],
    isStopped: () => boolean,
  ): Promise<void> {
    const largest = frames.reduce((most, frame) => Math.max(most, frame.length), 0);
    let unread: ListSize | undefined = size;
    let wait = FIRST_CHECK_DELAY_MS;
    while (!isStopped() && (!unread || isFull(unread, largest))) {
      await delay(this.driver.runtime, wait, { ref: true });
      wait = Math.min(wait * 2, MAX_CHECK_DELAY_MS);
      unread = await this.measure();
    }
  }

  /** @returns `undefined` while Redis is away. */
  private async measure(): Promise<ListSize | undefined> {
    const { driver, list } = this;
    try {
      await driver.ready();
      return await driver.commands.run(measureList, { list });
    } catch (error) {
      if (driver.state === 'closed') {
        this.onGone('the connections are closed');
      }
      await beforeRetry(error, driver.runtime);
      return undefined;
    }
  }

  private checkCaller(): void {
    if (this.driver.isConnected) {
      // What fails now is looked at again, and tells nothing of the caller.
      this.readHead().catch(() => {
        this.checksUnread = 0;
      });
    }
  }

  /** A caller in whose list the same frame is at the head for long has gone, or cannot reach Redis. */
  private async readHead(): Promise<void> {
    const { driver, list, head } = this;
    this.head = null;
    // What its caller has read stays there while Redis refuses writes: one that changes nothing tells.
    [, this.head] = await driver.commands.all((run) => [
      run(trimList, { list, first: 0, last: -1 }),
      run(listHead, list),
    ]);
    this.checksUnread = this.head !== null && this.head === head ? this.checksUnread + 1 : 0;
    if (this.checksUnread >= MAX_CHECKS_UNREAD) {
      const seconds = (MAX_CHECKS_UNREAD * CALLER_CHECK_INTERVAL_MS) / 1_000;
      this.onGone(`its caller has read nothing for ${seconds} s`);
    }
  }
}

/** @param largest - bytes that a frame takes where the server does not tell. */
const isFull = ({ length, bytes }: ListSize, largest: number): boolean =>
  length >= MAX_UNREAD_FRAMES || (bytes ?? length * largest) >= MAX_UNREAD_BYTES;
