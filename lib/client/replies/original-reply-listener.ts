import { messageOf } from '../../errors/error-text.js';
import { RemoteError } from '../../errors/index.js';
import type { Log } from '../../telemetry/log.js';
import { expireKey } from '../../protocol/operations/keys.js';
import { listLength, popFirst, pushToList } from '../../protocol/operations/lists.js';
import { beforeRetry } from '../../driver/before-retry.js';
import type { Line } from '../../driver/line.js';
import {
  codeOfRefusal,
  explainRefusal,
  isHandover,
  isRefusal,
  logLevelOf,
  longestWaitAfter,
} from '../../driver/refusal.js';
import { Backoff } from '../../driver/backoff.js';
import type { PendingRequest } from '../waiting/pending-request.js';
import { OncePerTurn } from '../../driver/once-per-turn.js';
import type { Shard } from '../../driver/shard.js';

const BLOCK_SECONDS = 5;
/** Lifetime of the list that wakes the listener. */
const WAKE_LIST_TTL_MS = 60_000;

/** Maximum number of lists of ended requests that are still read. Without that, their late replies would stay in Redis forever. */
const MAX_UNWANTED_LISTS = 1_000;

/** Length of the part that is shown of a reply that is not JSON, UTF-16 units. */
const SHOWN_REPLY_CHARS = 100;

const REFUSED_LOG_KIND = 'original replies refused';

/**
 * Waits for the replies of original workers. Each reply arrives in its own list: one connection blocks on all these lists, and on
 * one more list that wakes it when a request is added. A reply is removed as it is read, because the original protocol has no
 * other way to wait for several lists.
 */
export class OriginalReplyListener {
  private readonly waiting = new Map<string, PendingRequest>();
  private readonly unwantedLists = new Set<string>();
  private readonly wakeList: string;
  private line: Line | undefined;
  private isClosed = false;
  private isBlocked = false;
  private readonly retryDelay: Backoff;
  private readonly waking: OncePerTurn;

  constructor(
    private readonly shard: Shard,
    private readonly log: Log,
  ) {
    const { runtime } = shard.driver;
    this.wakeList = shard.keys.replies(runtime.randomUUID());
    this.retryDelay = new Backoff(runtime);
    this.waking = new OncePerTurn(runtime, () => this.wake());
  }

  expect(request: PendingRequest): void {
    this.waiting.set(this.listOf(request), request);
    if (!this.line) {
      this.line = this.shard.driver.blocking('original-replies');
      void this.listen(this.line);
    } else if (this.isBlocked) {
      this.waking.schedule();
    }
  }

  /** Stops waiting for a request that has ended and will get no reply. */
  stopWaiting(request: PendingRequest): void {
    this.remove(this.listOf(request));
  }

  /** Keeps reading the list of a request that has ended, so that a late reply is removed from Redis. */
  removeLateReply(request: PendingRequest): void {
    const list = this.listOf(request);
    if (!this.waiting.has(list)) {
      return;
    }
    this.unwantedLists.add(list);
    if (this.unwantedLists.size > MAX_UNWANTED_LISTS) {
      const [oldest] = this.unwantedLists as Iterable<string> as [string];
      this.remove(oldest);
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.line) {
      this.shard.driver.release(this.line);
    }
  }

  private listOf({ queue, id }: PendingRequest): string {
    return this.shard.keys.queue(queue).originalReply(id);
  }

  /** Delivers replies outside the `try` of the read, so that an exception there is not taken for a lost connection. */
  private async listen(line: Line): Promise<void> {
    while (!this.isClosed) {
      const answer = await this.tryRead(line);
      if (answer) {
        this.receive(...answer);
      }
    }
  }

  private async tryRead(line: Line): Promise<readonly [string, string] | null> {
    try {
      await line.ready();
      this.isBlocked = true;
      const lists = [...this.waiting.keys(), this.wakeList];
      const answer = await line.run(popFirst, { lists, seconds: BLOCK_SECONDS });
      this.isBlocked = false;
      this.retryDelay.reset();
      if (this.log.over(REFUSED_LOG_KIND)) {
        this.log.info('Replies of original workers can be read again');
      }
      return answer;
    } catch (error) {
      this.isBlocked = false;
      await this.afterFailure(line, error);
      return null;
    }
  }

  private async afterFailure(line: Line, error: unknown): Promise<void> {
    if (this.isClosed || !isRefusal(error)) {
      await beforeRetry(error, this.shard.driver.runtime);
      return;
    }
    if (codeOfRefusal(error) === 'WRONGTYPE' && (await this.failWrongLists(line, error))) {
      return;
    }
    if (!isHandover(error)) {
      this.log.repeated(
        REFUSED_LOG_KIND,
        logLevelOf(error),
        `Cannot read replies of original workers (${explainRefusal(error)}); retrying`,
      );
    }
    await this.retryDelay.wait(longestWaitAfter(error));
  }

  /** Fails the requests whose reply key is not a list, because such a key fails the call for all lists. @returns whether there was one. */
  private async failWrongLists(line: Line, error: Error): Promise<boolean> {
    const lists = [...this.waiting.keys()];
    const lengths = await line.settled((run) => lists.map((list) => run(listLength, list)));
    const wrong = lists.filter((_list, index) => {
      const length = lengths[index];
      return length?.status === 'rejected' && isWrongType(length.reason);
    });
    for (const list of wrong) {
      this.fail(
        list,
        'WRONGTYPE',
        `Cannot read the reply, because key "${list}" is not a list: ${explainRefusal(error)}`,
      );
    }
    return wrong.length > 0;
  }

  private receive(list: string, json: string): void {
    const request = this.waiting.get(list);
    if (!request) {
      return;
    }
    let payload: unknown;
    try {
      payload = JSON.parse(json);
    } catch (error) {
      const shown = json.slice(0, SHOWN_REPLY_CHARS);
      this.fail(
        list,
        'NO_JSON',
        `Expected the reply in "${list}" to be JSON, got ${shown} (${messageOf(error)})`,
      );
      return;
    }
    this.remove(list);
    request.receive({ kind: 'r', id: request.id, payload });
  }

  /** Fails the request whose reply cannot be read. */
  private fail(list: string, code: string, message: string): void {
    const request = this.waiting.get(list);
    this.remove(list);
    if (request) {
      this.log.repeated(`unreadable reply: ${request.queue}`, 'warn', message);
      const failure = { name: 'Error', message, code };
      request.fail(new RemoteError(request.queue, request.id, failure), 'unreadable reply');
    }
  }

  private remove(list: string): void {
    this.waiting.delete(list);
    this.unwantedLists.delete(list);
  }

  /** Ends the current wait, so that the next one includes all lists. If that fails, the wait ends by its own timeout. */
  private wake(): void {
    void this.shard.driver.commands.settled((run) => [
      run(pushToList, { list: this.wakeList, elements: [''] }),
      run(expireKey, { key: this.wakeList, ms: WAKE_LIST_TTL_MS }),
    ]);
  }
}

const isWrongType = (error: unknown): boolean =>
  isRefusal(error) && codeOfRefusal(error) === 'WRONGTYPE';
