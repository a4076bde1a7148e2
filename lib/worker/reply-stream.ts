import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { encodeValue, type StreamPosition } from '../protocol/reply-frame.js';
import { pushValues } from '../protocol/scripts/push-values.js';
import { beforeRetry, isRefusal } from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';

/** Values in one push at most, and about how long one push may be, UTF-16 units. */
const MOST_VALUES = 512;
const PUSH_LENGTH = 256 * 1024;

/** How many frames, and about how much, may lie unread in the reply list before the next value waits. */
const MOST_UNREAD = 1_000;
const MOST_UNREAD_LENGTH = 4 * 1024 * 1024;

/** Waits between looks at a full reply list, ms: soon at first, then less often. */
const FIRST_LOOK = 1;
const LATEST_LOOK = 64;

/** A caller that reads nothing for that long has gone, ms. */
const GONE_AFTER = 60_000;

/** Where the values of a stream go. */
export interface StreamTarget {
  readonly id: string | number;
  readonly attempt: number;
  /** The key of the slot that holds the job. */
  readonly slot: string;
  /** The caller's reply list. */
  readonly list: string;
  /** How long the list is to live, ms. */
  ttl(): number;
}

/**
 * Sends the values of one run, in order and no faster than the caller reads them: past a high-water mark of its
 * reply list the next push waits. What the source gives meanwhile waits here; a source that asks for {@link room}
 * is held back with it.
 */
export class ReplyStream {
  /** How many values were pushed. */
  private pushed = 0;
  private waiting: string[] = [];
  private waitingLength = 0;
  /** Index in `waiting` of the first that was not pushed. */
  private head = 0;
  private pushing: Promise<void> | undefined;
  private isStopped = false;
  private onRoom: (() => void)[] = [];
  /** Tells this run from any other of the same job. */
  private readonly run = Math.random().toString(36).slice(2, 10);

  /** @param onLost - hears that the stream is in vain: its caller has gone, or another worker has the job. */
  constructor(
    private readonly target: StreamTarget,
    private readonly connections: Connections,
    private readonly onLost: (reason: Error) => void,
  ) {}

  /** How many values were handed in. */
  get count(): number {
    return this.pushed + this.waiting.length - this.head;
  }

  /** Where the next frame belongs. */
  get position(): StreamPosition {
    return { attempt: this.target.attempt, index: this.count, run: this.run };
  }

  /** @param json - the value; `undefined` for `undefined`. */
  add(json: string | undefined): void {
    const text = json ?? 'null';
    this.waiting.push(text);
    this.waitingLength += text.length;
    this.pushing ??= this.pushAll().finally(() => {
      this.pushing = undefined;
    });
  }

  /** Resolves when the source may give its next value; `undefined` = at once. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) {
      return undefined;
    }
    return new Promise((resolve) => this.onRoom.push(resolve));
  }

  /** Resolves when all values were pushed, or never will be. */
  async flushed(): Promise<void> {
    await this.pushing;
  }

  /** Pushes no more. */
  stop(): void {
    this.isStopped = true;
    this.makeRoom();
  }

  private get hasRoom(): boolean {
    return (
      this.isStopped ||
      (this.waiting.length - this.head < MOST_VALUES && this.waitingLength < PUSH_LENGTH)
    );
  }

  private makeRoom(): void {
    if (this.hasRoom) {
      for (const resolve of this.onRoom.splice(0)) {
        resolve();
      }
    }
  }

  private async pushAll(): Promise<void> {
    // What the source gives in one turn leaves together.
    await nextTurn();
    while (this.head < this.waiting.length && !this.isStopped) {
      const frames = this.takeFrames();
      const length = await this.push(frames);
      if (length === undefined) {
        this.lose('another worker has taken the job over, or the server lost it');
        return;
      }
      const largest = frames.reduce((most, frame) => Math.max(most, frame.length), 1);
      await this.untilBelow(
        Math.max(1, Math.min(MOST_UNREAD, Math.floor(MOST_UNREAD_LENGTH / largest))),
        length,
      );
      this.makeRoom();
    }
  }

  private takeFrames(): string[] {
    const frames: string[] = [];
    const { id, attempt } = this.target;
    let length = 0;
    while (
      this.head < this.waiting.length &&
      frames.length < MOST_VALUES &&
      (frames.length === 0 || length < PUSH_LENGTH)
    ) {
      const json = this.waiting[this.head++];
      frames.push(encodeValue(id, json, { attempt, index: this.pushed++, run: this.run }));
      length += json?.length ?? 0;
    }
    this.waitingLength -= length;
    if (this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    return frames;
  }

  /** @returns the length of the list; `undefined` when the job is no longer ours. */
  private async push(frames: readonly string[]): Promise<number | undefined> {
    const { slot, list } = this.target;
    for (;;) {
      try {
        const ttl = this.target.ttl();
        return await this.connections.runUntilAnswered(pushValues, { slot, list, ttl, frames });
      } catch (error) {
        if (this.isStopped || !isRefusal(error) || error.message.startsWith('WRONGTYPE')) {
          return undefined;
        }
        await beforeRetry(error);
      }
    }
  }

  private async untilBelow(mark: number, length: number): Promise<void> {
    let unread = length;
    let wait = FIRST_LOOK;
    let quietSince = performance.now();
    while (unread >= mark && !this.isStopped) {
      await delay(wait);
      wait = Math.min(wait * 2, LATEST_LOOK);
      const now = await this.unread();
      if (now === undefined || now !== unread) {
        quietSince = performance.now();
      } else if (performance.now() - quietSince > GONE_AFTER) {
        this.lose(`its caller has read nothing for ${GONE_AFTER} ms`);
      }
      unread = now ?? unread;
    }
  }

  /** @returns `undefined` while Redis is away. */
  private async unread(): Promise<number | undefined> {
    try {
      await this.connections.ready();
      return await this.connections.commands.send((redis) => redis.llen(this.target.list));
    } catch (error) {
      await beforeRetry(error);
      return undefined;
    }
  }

  private lose(why: string): void {
    if (!this.isStopped) {
      this.stop();
      this.onLost(new Error(`The stream of job ${this.target.id} is given up: ${why}`));
    }
  }
}
