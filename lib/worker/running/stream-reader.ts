import { beforeRetry } from '../../driver/before-retry.js';
import type { Driver } from '../../driver/driver.js';
import { delay, type Timer } from '../../driver/runtime.js';
import { listHead, trimList } from '../../protocol/operations/lists.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { measureList } from '../../protocol/operations/measure-list.js';

/** Maximum numbers of unread frames and bytes in a reply list before the next values wait. */
const MAX_UNREAD_FRAMES = 1_000;
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** First and longest wait between two checks of a full reply list, ms. */
const FIRST_CHECK_DELAY_MS = 1;
const MAX_CHECK_DELAY_MS = 64;

/** Time between two checks that the caller still reads, ms, and number of checks without a read after which the caller counts as lost. */
const CALLER_CHECK_INTERVAL_MS = 15_000;
const MAX_CHECKS_UNREAD = 4;

/** Watches the caller of a stream by its reply list: how much is unread, and whether the caller still reads. */
export class StreamReader {
  private timer: Timer | undefined;
  /** The frame that the last check found at the head of the list. */
  private head: string | null = null;
  /** Number of checks in a row that have found the same frame. */
  private checksUnread = 0;

  /** @param onGone - called with the reason when nobody will read the list any more. */
  constructor(
    private readonly list: string,
    private readonly driver: Driver,
    private readonly onGone: (why: string) => void,
  ) {}

  /** Starts checking whether the caller still reads. */
  watch(): void {
    const { runtime } = this.driver;
    this.timer = runtime.setInterval(() => this.checkCaller(), CALLER_CHECK_INTERVAL_MS).unref();
  }

  close(): void {
    this.driver.runtime.clear(this.timer);
  }

  /**
   * Waits while too much is unread.
   * @param size - the size of the list after the last push.
   * @param frames - the frames of the last push. Where the server does not report sizes, all frames count as large as these.
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

  /** @returns the size of the list; `undefined` while Redis is unreachable. */
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
      // A check that fails says nothing about the caller.
      this.readHead().catch(() => {
        this.checksUnread = 0;
      });
    }
  }

  /** Counts a caller as lost when the same frame stays at the head of its list for long. */
  private async readHead(): Promise<void> {
    const { driver, list, head } = this;
    this.head = null;
    // While Redis refuses writes, frames stay in the list although they were read. A write that changes nothing fails then, too.
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

/** @param largest - bytes to assume for each frame where the server does not report the size of the list. */
const isFull = ({ length, bytes }: ListSize, largest: number): boolean =>
  length >= MAX_UNREAD_FRAMES || (bytes ?? length * largest) >= MAX_UNREAD_BYTES;
