import { droppedReplies, type DroppedReply } from '../../telemetry/channels.js';
import type { Log } from '../../telemetry/log.js';
import type { ReviveError } from '../../protocol/wire/error-form.js';
import {
  readList,
  trimList,
  waitForHead,
  type ListRange,
} from '../../protocol/operations/lists.js';
import { decodeFrame } from '../../protocol/wire/reply-frame.js';
import { beforeRetry } from '../../driver/before-retry.js';
import type { Line } from '../../driver/line.js';
import type { Run } from '../../driver/operation.js';
import type { Driver } from '../../driver/driver.js';
import {
  explainRefusal,
  isRefusal,
  levelOf,
  longestWaitAfter,
  meaningOfRefusal,
} from '../../driver/refusal.js';
import { Backoff } from '../../driver/backoff.js';
import type { Runtime } from '../../driver/runtime.js';
import type { PendingRequests } from '../waiting/pending-requests.js';
import { ReadSize } from './read-size.js';

/** How long one blocking call waits for a reply, seconds. */
const BLOCK_SECONDS = 5;

/** Of one that could not be read, what the log shows at most, UTF-16 units. */
const SHOWN_LENGTH = 100;

const REFUSED = 'replies refused';
const UNREADABLE = 'unreadable reply';

const NONE: readonly string[] = [];

/** Resolves when the requests that the replies of this turn of the event loop led to have been pushed: they come first. */
const afterPushes = (runtime: Runtime): Promise<void> =>
  new Promise((resolve) => {
    runtime.nextTick(() => runtime.setImmediate(resolve));
  });

/**
 * Reads the reply list of one client: one blocking connection for all its queues. The list belongs to it alone,
 * so it reads before it removes; a connection that dies in between costs nothing, since the frames are still
 * there, and those seen twice find no pending request.
 */
export class ReplyListener {
  /** Frames that found no pending request, or could not be read. */
  dropped = 0;
  /** Why replies cannot be read until somebody changes something; `undefined` while they can, or soon may. */
  refusal: Error | undefined;
  private connection: Line | undefined;
  private isClosed = false;
  /** Frames at the head of the list that were handed out and not yet removed. */
  private handedOut = 0;
  private readonly size = new ReadSize();
  /** Whether the list held as many frames as were asked for. */
  private areMore = false;
  private readonly delay: Backoff;

  constructor(
    private readonly connections: Driver,
    private readonly list: string,
    private readonly pending: PendingRequests,
    private readonly log: Log,
    private readonly revive: ReviveError | undefined,
  ) {
    this.delay = new Backoff(connections.runtime);
  }

  get isStarted(): boolean {
    return this.connection !== undefined;
  }

  start(): void {
    if (!this.isStarted && !this.isClosed) {
      this.connection = this.connections.blocking('replies');
      void this.listen(this.connection);
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.connection) {
      this.connections.release(this.connection);
    }
  }

  /** What a reply leads to is no part of reading it: whatever goes wrong there is no loss of the connection. */
  private async listen(connection: Line): Promise<void> {
    while (!this.isClosed) {
      this.handOut(await this.tryRead(connection));
      await afterPushes(this.connections.runtime);
    }
  }

  private async tryRead(connection: Line): Promise<readonly string[]> {
    try {
      await connection.ready();
      return await this.read(connection);
    } catch (error) {
      return this.afterFailure(connection, error);
    }
  }

  /**
   * Removes what was handed out and reads what is behind it, in one round trip. Where there may be none it waits for the
   * first one; that is not done each time, since Redis copies it twice for that.
   */
  private async read(connection: Line): Promise<readonly string[]> {
    const { frames } = this.size;
    if (this.areMore) {
      const [removal, range] = await connection.settled((run) => [
        this.removal(run),
        run(readList, this.range(0, frames - 1)),
      ]);
      this.removed(removal);
      const found = answerOf(range);
      this.delay.reset();
      return found;
    }
    const [removal, first, others] = await connection.settled((run) => [
      this.removal(run),
      run(waitForHead, { list: this.list, seconds: BLOCK_SECONDS }),
      run(readList, this.range(1, frames - 1)),
    ]);
    this.removed(removal);
    const head = answerOf(first);
    this.waited();
    const rest = answerOf(others);
    return head === null ? NONE : [head, ...rest];
  }

  /** A wait was answered. (To read without one proves nothing: that is no write to Redis.) */
  private waited(): void {
    this.refusal = undefined;
    this.delay.reset();
    if (this.log.over(REFUSED)) {
      this.log.info('Replies can be waited for again');
    }
  }

  private removal(run: Run): Promise<unknown> {
    return this.handedOut > 0 ? run(trimList, this.range(this.handedOut, -1)) : Promise.resolve();
  }

  private range(first: number, last: number): ListRange {
    return { list: this.list, first, last };
  }

  private removed(removal: PromiseSettledResult<unknown>): void {
    answerOf(removal);
    this.handedOut = 0;
  }

  private async afterFailure(connection: Line, error: unknown): Promise<readonly string[]> {
    this.areMore = false;
    if (this.isClosed) {
      return NONE;
    }
    if (!isRefusal(error)) {
      this.lost();
      await beforeRetry(error, this.connections.runtime);
      return NONE;
    }
    this.log.repeated(
      REFUSED,
      levelOf(error),
      `Replies cannot be waited for in "${this.list}" (${explainRefusal(error)}); they are looked for again and again meanwhile`,
    );
    this.refusal = levelOf(error) === 'error' ? error : undefined;
    await this.delay.wait(longestWaitAfter(error));
    return meaningOfRefusal(error) === 'passes' && !this.isClosed ? this.look(connection) : NONE;
  }

  /**
   * Reads without waiting, which is a write to Redis and refused with the writes. Where the removal is refused as well, what
   * was handed out is skipped.
   */
  private async look(connection: Line): Promise<readonly string[]> {
    try {
      if (this.handedOut > 0) {
        const [removal] = await connection.settled((run) => [this.removal(run)]);
        if (removal.status === 'fulfilled' || !isRefusal(removal.reason)) {
          this.removed(removal);
        }
      }
      const [first, last] = [this.handedOut, this.handedOut + this.size.frames - 1];
      const frames = await connection.run(readList, this.range(first, last));
      if (frames.length > 0) {
        this.delay.reset();
      }
      return frames;
    } catch (error) {
      if (!isRefusal(error)) {
        this.lost();
      }
      return NONE;
    }
  }

  /** Whether the last removal was carried out is unknown: everything is read again, in smaller parts. */
  private lost(): void {
    this.handedOut = 0;
    this.size.unanswered();
  }

  private handOut(frames: readonly string[]): void {
    this.handedOut += frames.length;
    this.areMore = frames.length >= this.size.frames;
    let length = 0;
    for (const text of frames) {
      length += text.length;
      const frame = decodeFrame(text);
      const request = frame && this.pending.get(frame.id);
      if (request) {
        request.receive(frame, this.revive);
      } else {
        this.drop(text, frame ? 'not pending' : 'unreadable');
      }
    }
    this.size.answered(frames.length, length);
  }

  private drop(text: string, reason: DroppedReply['reason']): void {
    this.dropped++;
    if (reason === 'unreadable') {
      const shown = text.slice(0, SHOWN_LENGTH);
      this.log.repeated(
        UNREADABLE,
        'warn',
        `A reply in "${this.list}" is no frame and was dropped: ${shown}`,
      );
    }
    if (droppedReplies.hasSubscribers) {
      droppedReplies.publish({ reason } satisfies DroppedReply);
    }
  }
}

/** @throws the error of a call that failed. */
function answerOf<Answer>(settled: PromiseSettledResult<Answer>): Answer {
  if (settled.status === 'rejected') {
    throw settled.reason;
  }
  return settled.value;
}
