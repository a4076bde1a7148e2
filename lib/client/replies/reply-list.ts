import {
  listHead,
  readList,
  trimList,
  waitForHead,
  type ListRange,
} from '../../protocol/operations/lists.js';
import type { Line } from '../../driver/line.js';
import type { Run } from '../../driver/operation.js';
import { isRefusal } from '../../driver/refusal.js';
import { ReadSize } from './read-size.js';

/** How long one blocking call waits for a reply, seconds. */
const BLOCK_SECONDS = 5;

const NO_FRAMES: readonly string[] = [];

/**
 * The frames of one client in one shard. The list belongs to the client alone, so they are read first and removed with the
 * next read, once they were handed out: a line that is lost in between costs nothing.
 */
export class ReplyList {
  /** Whether the list held as many frames as were asked for, so that it need not be waited for others. */
  hasMore = false;
  /** Frames at the head of the list that were handed out and not yet removed. */
  private delivered = 0;
  /** The first of these, by which the list is known again. */
  private deliveredHead: string | undefined;
  /** What led to the server when they were read. */
  private readPath: unknown;
  private isRemovalRefused = false;
  private readonly readSize = new ReadSize();

  constructor(readonly key: string) {}

  /** Removes what was handed out, and reads what is behind it, in one round trip. */
  async read(line: Line): Promise<readonly string[]> {
    await this.checkSameList(line);
    const [removal, range] = await line.settled((run) => [
      this.removal(run),
      run(readList, this.range(0, this.readSize.frames - 1)),
    ]);
    this.removalAnswered(removal);
    return answerOf(range);
  }

  /**
   * As {@link read}, but waits for the first frame where there is none. That is not done each time, since Redis copies that frame
   * twice for it.
   */
  async wait(line: Line): Promise<readonly string[]> {
    await this.checkSameList(line);
    const [removal, first, others] = await line.settled((run) => [
      this.removal(run),
      run(waitForHead, { list: this.key, seconds: BLOCK_SECONDS }),
      run(readList, this.range(1, this.readSize.frames - 1)),
    ]);
    this.removalAnswered(removal);
    const head = answerOf(first);
    const rest = answerOf(others);
    return head === null ? NO_FRAMES : [head, ...rest];
  }

  /**
   * Reads without waiting, which is a write to Redis and refused with the writes. Where the removal is refused as well, what
   * was handed out is skipped.
   */
  async poll(line: Line): Promise<readonly string[]> {
    await this.checkSameList(line);
    const [removal] = await line.settled((run) => [this.removal(run)]);
    this.isRemovalRefused = removal.status === 'rejected' && isRefusal(removal.reason);
    if (!this.isRemovalRefused) {
      this.removalAnswered(removal);
    }
    const [first, last] = [this.delivered, this.delivered + this.readSize.frames - 1];
    return line.run(readList, this.range(first, last));
  }

  /** @param length - of all frames together, UTF-16 units. */
  framesDelivered(frames: readonly string[], length: number): void {
    if (this.delivered === 0) {
      [this.deliveredHead] = frames;
    }
    this.delivered += frames.length;
    this.hasMore = frames.length >= this.readSize.frames;
    this.readSize.answered(frames.length, length);
  }

  /** Whether the last removal was carried out is unknown: everything is read again, in smaller parts. */
  readLost(): void {
    this.delivered = 0;
    this.readSize.unanswered();
  }

  /** Where frames that were handed out could not be removed at once, the list may be gone meanwhile, and others be in their place. */
  private async checkSameList(line: Line): Promise<void> {
    const isLate = this.isRemovalRefused || line.path !== this.readPath;
    if (
      this.delivered > 0 &&
      isLate &&
      (await line.run(listHead, this.key)) !== this.deliveredHead
    ) {
      this.delivered = 0;
    }
    this.readPath = line.path;
  }

  private removal(run: Run): Promise<unknown> {
    return this.delivered > 0 ? run(trimList, this.range(this.delivered, -1)) : Promise.resolve();
  }

  private range(first: number, last: number): ListRange {
    return { list: this.key, first, last };
  }

  private removalAnswered(removal: PromiseSettledResult<unknown>): void {
    this.isRemovalRefused = removal.status === 'rejected';
    answerOf(removal);
    this.delivered = 0;
    this.deliveredHead = undefined;
  }
}

/** @throws the error of a call that failed. */
function answerOf<Answer>(settled: PromiseSettledResult<Answer>): Answer {
  if (settled.status === 'rejected') {
    throw settled.reason;
  }
  return settled.value;
}
