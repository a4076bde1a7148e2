import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import { droppedReplies, type DroppedReply } from '../observability/channels.js';
import type { Log } from '../observability/log.js';
import type { ReviveError } from '../protocol/error-form.js';
import { decodeFrame } from '../protocol/reply-frame.js';
import type { Redis } from '../redis/connection-source.js';
import { beforeRetry, type Connection } from '../redis/connection.js';
import { isRefusal } from '../redis/refusal.js';
import type { Connections } from '../redis/connections.js';
import type { PendingRequests } from './pending-requests.js';

/** How long one blocking call waits for a reply, seconds. */
const BLOCK_SECONDS = 5;

/** About how much one read should bring, UTF-16 units. */
const READ_LENGTH = 1024 * 1024;
const MOST_FRAMES = 1_000;

/** Resolves when the requests that the replies of this turn of the event loop led to have been pushed: they come first. */
const afterPushes = (): Promise<void> =>
  new Promise((resolve) => {
    nextTick(setImmediate, resolve);
  });

/**
 * Reads the reply list of one client: one blocking connection for all its queues. The list belongs to it alone,
 * so it reads before it removes; a connection that dies in between costs nothing, since the frames are still
 * there, and those seen twice find no pending request.
 */
export class ReplyListener {
  /** Frames that found no pending request, or could not be read. */
  dropped = 0;
  private connection: Connection | undefined;
  private isClosed = false;
  /** Frames at the head of the list that were handed out and not yet removed. */
  private handedOut = 0;
  private framesPerRead = 64;
  /** Whether the list held as many frames as were asked for. */
  private areMore = false;

  constructor(
    private readonly connections: Connections,
    private readonly list: string,
    private readonly pending: PendingRequests,
    private readonly log: Log,
    private readonly revive: ReviveError | undefined,
  ) {}

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

  private async listen(connection: Connection): Promise<void> {
    while (!this.isClosed) {
      try {
        await connection.ready();
        this.handOut(await this.read(connection));
        await afterPushes();
      } catch (error) {
        // Whether the last removal was carried out is unknown: everything is read again.
        this.handedOut = 0;
        this.areMore = false;
        if (isRefusal(error) && !this.isClosed) {
          this.log.error(`Replies cannot be read from "${this.list}": ${error.message}`);
        }
        await beforeRetry(error);
      }
    }
  }

  /**
   * Removes what was handed out and reads what lies behind it, in one round trip. Where there may be none it waits for the
   * first one; that is not done each time, since Redis copies it twice for that.
   */
  private async read(connection: Connection): Promise<string[]> {
    const removal = (redis: Redis): Promise<unknown> =>
      this.handedOut > 0 ? redis.ltrim(this.list, this.handedOut, -1) : Promise.resolve();
    if (this.areMore) {
      const [, frames] = await connection.all((redis) => [
        removal(redis),
        redis.lrange(this.list, 0, this.framesPerRead - 1),
      ]);
      return frames;
    }
    const [, head, rest] = await connection.all((redis) => [
      removal(redis),
      redis.blmove(this.list, this.list, 'LEFT', 'LEFT', BLOCK_SECONDS),
      redis.lrange(this.list, 1, this.framesPerRead - 1),
    ]);
    return head === null ? [] : [head, ...rest];
  }

  private handOut(frames: readonly string[]): void {
    this.handedOut = frames.length;
    this.areMore = frames.length >= this.framesPerRead;
    let length = 0;
    for (const text of frames) {
      length += text.length;
      const frame = decodeFrame(text);
      const request = frame && this.pending.get(frame.id);
      if (request) {
        request.receive(frame, this.revive);
      } else {
        this.drop(frame ? 'not pending' : 'unreadable');
      }
    }
    if (frames.length > 0) {
      const fitting = Math.floor((READ_LENGTH * frames.length) / (length + 1));
      // Not at once to the most: small frames may have large ones behind them.
      const most = Math.min(2 * this.framesPerRead, MOST_FRAMES);
      this.framesPerRead = Math.min(Math.max(fitting, 1), most);
    }
  }

  private drop(reason: DroppedReply['reason']): void {
    this.dropped++;
    if (droppedReplies.hasSubscribers) {
      droppedReplies.publish({ reason } satisfies DroppedReply);
    }
  }
}
