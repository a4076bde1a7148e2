import type { ReplyDroppedEvent } from '../../telemetry/events.js';
import type { Hooks } from '../../telemetry/hooks.js';
import type { Log } from '../../telemetry/log.js';
import type { ReviveError } from '../../protocol/wire/wire-error.js';
import { decodeFrame } from '../../protocol/wire/reply-frame.js';
import { beforeRetry } from '../../driver/before-retry.js';
import type { Line } from '../../driver/line.js';
import {
  explainRefusal,
  isHandover,
  isRefusal,
  logLevelOf,
  longestWaitAfter,
  meaningOfRefusal,
} from '../../driver/refusal.js';
import { Backoff } from '../../driver/backoff.js';
import type { Runtime } from '../../driver/runtime.js';
import type { Shard } from '../../driver/shard.js';
import type { PendingRequests } from '../waiting/pending-requests.js';
import { ReplyList } from './reply-list.js';

/** Length of the part of an unreadable reply that the log shows, UTF-16 units. */
const SHOWN_REPLY_CHARS = 100;

const REFUSED_LOG_KIND = 'waiting for replies refused';
const UNREADABLE_LOG_KIND = 'unreadable reply';

const NO_FRAMES: readonly string[] = [];

/** Resolves when the requests that subscribers sent upon the replies of this turn have been pushed: pushes go first. */
const afterPushes = (runtime: Runtime): Promise<void> =>
  new Promise((resolve) => {
    runtime.nextTick(() => runtime.setImmediate(resolve));
  });

/**
 * Reads the replies of one client from one shard, over one blocking connection for all queues. A frame that is read twice, because
 * the connection was lost before the frame was removed, finds no pending request.
 */
export class ReplyListener {
  /** Number of frames that were unreadable or found no pending request. */
  discarded = 0;
  /** Permanent refusal of Redis to let replies be read; `undefined` while they can be read or the refusal is temporary. */
  refusal: Error | undefined;
  private readonly list: ReplyList;
  private line: Line | undefined;
  private isClosed = false;
  private readonly retryDelay: Backoff;

  constructor(
    private readonly shard: Shard,
    clientId: string,
    private readonly pending: PendingRequests,
    private readonly log: Log,
    private readonly hooks: Hooks,
    private readonly revive: ReviveError | undefined,
  ) {
    this.list = new ReplyList(shard.keys.replies(clientId));
    this.retryDelay = new Backoff(shard.driver.runtime);
  }

  get isStarted(): boolean {
    return this.line !== undefined;
  }

  start(): void {
    if (!this.isStarted && !this.isClosed) {
      this.line = this.shard.driver.blocking('replies');
      void this.listen(this.line);
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.line) {
      this.shard.driver.release(this.line);
    }
  }

  /** Delivers frames outside the `try` of the read, so that an exception there is not taken for a lost connection. */
  private async listen(line: Line): Promise<void> {
    while (!this.isClosed) {
      this.deliverFrames(await this.tryRead(line));
      await afterPushes(this.shard.driver.runtime);
    }
  }

  private async tryRead(line: Line): Promise<readonly string[]> {
    try {
      await line.ready();
      return await this.read(line);
    } catch (error) {
      return this.afterFailure(line, error);
    }
  }

  private async read(line: Line): Promise<readonly string[]> {
    if (this.list.hasMore) {
      const frames = await this.list.read(line);
      this.retryDelay.reset();
      return frames;
    }
    const frames = await this.list.wait(line);
    this.waitAnswered();
    return frames;
  }

  /** Notes that waiting works again. (A read without waiting proves nothing, because it is not a write.) */
  private waitAnswered(): void {
    this.refusal = undefined;
    this.retryDelay.reset();
    if (this.log.over(REFUSED_LOG_KIND)) {
      this.log.info(`Waiting for replies in "${this.list.key}" works again`);
    }
  }

  private async afterFailure(line: Line, error: unknown): Promise<readonly string[]> {
    if (this.isClosed) {
      return NO_FRAMES;
    }
    if (!isRefusal(error)) {
      this.list.readLost();
      await beforeRetry(error, this.shard.driver.runtime);
      return NO_FRAMES;
    }
    if (!isHandover(error)) {
      this.log.repeated(
        REFUSED_LOG_KIND,
        logLevelOf(error),
        `Cannot wait for replies in "${this.list.key}" (${explainRefusal(error)}); polling until it works`,
      );
    }
    this.refusal = logLevelOf(error) === 'error' ? error : undefined;
    await this.retryDelay.wait(longestWaitAfter(error));
    return meaningOfRefusal(error) === 'temporary' && !this.isClosed ? this.poll(line) : NO_FRAMES;
  }

  /** Reads the frames that are there, while waiting is refused. */
  private async poll(line: Line): Promise<readonly string[]> {
    try {
      const frames = await this.list.poll(line);
      if (frames.length > 0) {
        this.retryDelay.reset();
      }
      return frames;
    } catch (error) {
      if (!isRefusal(error)) {
        this.list.readLost();
      }
      return NO_FRAMES;
    }
  }

  private deliverFrames(frames: readonly string[]): void {
    let length = 0;
    for (const text of frames) {
      length += text.length;
      const frame = decodeFrame(text);
      const request = frame && this.pending.get(frame.id);
      if (request) {
        request.receive(frame, this.revive);
      } else {
        this.discard(text, frame ? 'not pending' : 'unreadable');
      }
    }
    this.list.framesDelivered(frames, length);
  }

  private discard(text: string, reason: ReplyDroppedEvent['reason']): void {
    this.discarded++;
    if (reason === 'unreadable') {
      const shown = text.slice(0, SHOWN_REPLY_CHARS);
      this.log.repeated(
        UNREADABLE_LOG_KIND,
        'warn',
        `Discarded a reply in "${this.list.key}": expected a reply frame, got ${shown}`,
      );
    }
    this.hooks.tell({ type: 'reply dropped', reason });
  }
}
