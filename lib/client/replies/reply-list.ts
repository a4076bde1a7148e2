import {
  listHead,
  readList,
  trimList,
  waitForHead,
  type ListRange,
} from '../../protocol/operations/lists.js';
import type { Line } from '../../driver/line.js';
import type { Run } from '../../driver/operation.js';
import { ReadSize } from '../../driver/read-size.js';
import { isRefusal } from '../../driver/refusal.js';

/** Time that one blocking call waits for a reply. */
const BLOCK_SECONDS = 5;

const NO_FRAMES: readonly string[] = [];

/**
 * Reads the reply list of one client in one shard. Only this client reads the list, so frames are read first and removed by the
 * next read, after they were delivered: a connection that is lost in between loses no frame.
 */
export class ReplyList {
  /** Whether the last read returned as many frames as requested, so that the next one need not block. */
  hasMore = false;
  /** Number of frames at the head of the list that were delivered and not yet removed. */
  private delivered = 0;
  /** The first delivered frame, which identifies the list. */
  private deliveredHead: string | undefined;
  /** The path of the connection when the delivered frames were read. */
  private readPath: unknown;
  /** The `run_id` of the server that was read last. */
  private readServer: string | undefined;
  private isRemovalRefused = false;
  private readonly readSize = new ReadSize();

  constructor(readonly key: string) {}

  /** Removes the delivered frames and reads the next ones, in one round trip. */
  async read(line: Line): Promise<readonly string[]> {
    if (this.mayHaveChanged(line)) {
      await this.checkSameList(line);
    }
    const [removal, range] = await line.settled((run) => [
      this.removal(run),
      run(readList, this.range(0, this.readSize.entries - 1)),
    ]);
    this.removalAnswered(removal);
    return answerOf(range);
  }

  /**
   * Does the same as {@link read}, but waits for a frame if there is none. Waiting makes Redis copy the first frame twice, so
   * it is only done when the last read emptied the list.
   */
  async wait(line: Line): Promise<readonly string[]> {
    if (this.mayHaveChanged(line)) {
      await this.checkSameList(line);
    }
    const [removal, first, others] = await line.settled((run) => [
      this.removal(run),
      run(waitForHead, { list: this.key, seconds: BLOCK_SECONDS }),
      run(readList, this.range(1, this.readSize.entries - 1)),
    ]);
    this.removalAnswered(removal);
    const head = answerOf(first);
    const rest = answerOf(others);
    return head === null ? NO_FRAMES : [head, ...rest];
  }

  /**
   * Reads without blocking, for a Redis that refuses writes: a blocking read counts as a write. If Redis refuses the removal, too,
   * the delivered frames are skipped.
   */
  async poll(line: Line): Promise<readonly string[]> {
    if (this.mayHaveChanged(line)) {
      await this.checkSameList(line);
    }
    const [removal] = await line.settled((run) => [this.removal(run)]);
    this.isRemovalRefused = removal.status === 'rejected' && isRefusal(removal.reason);
    if (!this.isRemovalRefused) {
      this.removalAnswered(removal);
    }
    const [first, last] = [this.delivered, this.delivered + this.readSize.entries - 1];
    return line.run(readList, this.range(first, last));
  }

  /** @param length - UTF-16 units of all frames. */
  framesDelivered(frames: readonly string[], length: number): void {
    if (this.delivered === 0) {
      [this.deliveredHead] = frames;
    }
    this.delivered += frames.length;
    this.hasMore = frames.length >= this.readSize.entries;
    this.readSize.answered(frames.length, length);
  }

  /** Reads everything again, in smaller parts, because it is unknown whether the last removal reached Redis. */
  readLost(): void {
    this.forgetDelivered();
    this.readSize.unanswered();
  }

  /** Whether the delivered frames could not be removed right away, so that a new list may be in the place of theirs. */
  private mayHaveChanged(line: Line): boolean {
    const { path, server } = line;
    const isLate = this.isRemovalRefused || path !== this.readPath;
    if (server?.runId !== this.readServer) {
      // Another server may lack some of the frames, and have later ones in their places.
      this.forgetDelivered();
    }
    this.readPath = path;
    this.readServer = server?.runId;
    return this.delivered > 0 && isLate;
  }

  /** Checks that the list still begins with the delivered frames. */
  private async checkSameList(line: Line): Promise<void> {
    if ((await line.run(listHead, this.key)) !== this.deliveredHead) {
      this.forgetDelivered();
    }
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
    this.forgetDelivered();
  }

  private forgetDelivered(): void {
    this.delivered = 0;
    this.deliveredHead = undefined;
  }
}

/** @throws the error of a failed call. */
function answerOf<Answer>(settled: PromiseSettledResult<Answer>): Answer {
  if (settled.status === 'rejected') {
    throw settled.reason;
  }
  return settled.value;
}
