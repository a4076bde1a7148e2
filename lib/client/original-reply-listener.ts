import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers';
import type { Log } from '../observability/log.js';
import type { Keys } from '../protocol/keys.js';
import { beforeRetry, type Connection } from '../redis/connection.js';
import { isRefusal } from '../redis/refusal.js';
import type { Connections } from '../redis/connections.js';
import type { PendingRequest } from './pending-request.js';

const BLOCK_SECONDS = 5;
/** How long the list that wakes the listener may lie about, ms. */
const WAKE_TTL = 60_000;

/** Requests that were given up and whose late replies are still taken away, so that they do not lie for ever. */
const MOST_ABANDONED = 1_000;

/**
 * Waits for the replies of original workers, each of which comes in a list of its own: one connection blocks on
 * all of them, and on one more list that wakes it when a request joins. Replies are removed as they are read:
 * the original protocol has no other way to wait for several lists.
 */
export class OriginalReplyListener {
  private readonly waiting = new Map<string, PendingRequest>();
  private readonly abandoned = new Set<string>();
  private readonly wakeList: string;
  private connection: Connection | undefined;
  private isClosed = false;
  private isBlocked = false;
  private isWaking = false;

  constructor(
    private readonly connections: Connections,
    private readonly keys: Keys,
    private readonly log: Log,
  ) {
    this.wakeList = keys.replies(randomUUID());
  }

  expect(request: PendingRequest): void {
    this.waiting.set(this.listOf(request), request);
    if (!this.connection) {
      this.connection = this.connections.blocking('original-replies');
      void this.listen(this.connection);
    } else if (this.isBlocked) {
      this.wake();
    }
  }

  abandon(request: PendingRequest): void {
    const list = this.listOf(request);
    if (!this.waiting.has(list)) {
      return;
    }
    this.abandoned.add(list);
    if (this.abandoned.size > MOST_ABANDONED) {
      const [oldest] = this.abandoned as Iterable<string> as [string];
      this.forget(oldest);
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.connection) {
      this.connections.release(this.connection);
    }
  }

  private listOf({ queue, id }: PendingRequest): string {
    return this.keys.queue(queue).originalReply(id);
  }

  private async listen(connection: Connection): Promise<void> {
    while (!this.isClosed) {
      try {
        await connection.ready();
        this.isBlocked = true;
        const lists = [...this.waiting.keys(), this.wakeList];
        const answer = await connection.send((redis) => redis.blpop(lists, BLOCK_SECONDS));
        this.isBlocked = false;
        if (answer) {
          this.receive(...answer);
        }
      } catch (error) {
        this.isBlocked = false;
        if (isRefusal(error) && !this.isClosed) {
          this.log.error(`Replies of original workers cannot be read: ${error.message}`);
        }
        await beforeRetry(error);
      }
    }
  }

  private receive(list: string, json: string): void {
    const request = this.waiting.get(list);
    if (!request) {
      return;
    }
    this.forget(list);
    try {
      request.receive({ kind: 'r', id: request.id, payload: JSON.parse(json) });
    } catch {
      this.log.warn(`A reply in "${list}" is not JSON and was dropped: ${json.slice(0, 100)}`);
    }
  }

  private forget(list: string): void {
    this.waiting.delete(list);
    this.abandoned.delete(list);
  }

  /** Once for all requests of one turn. */
  private wake(): void {
    if (this.isWaking) {
      return;
    }
    this.isWaking = true;
    setImmediate(() => {
      this.isWaking = false;
      // Where it fails, the blocking call fails too or ends after a while, and the next one knows all lists.
      void this.connections.commands.settled((redis) => [
        redis.rpush(this.wakeList, ''),
        redis.pexpire(this.wakeList, WAKE_TTL),
      ]);
    });
  }
}
