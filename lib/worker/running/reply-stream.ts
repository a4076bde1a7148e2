import { messageOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import { encodeValue, type StreamPosition } from '../../protocol/wire/reply-frame.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { measureList } from '../../protocol/operations/measure-list.js';
import { pushValues } from '../../protocol/operations/push-values.js';
import { beforeRetry } from '../../driver/before-retry.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isRefusal,
  longestWaitAfter,
} from '../../driver/refusal.js';
import type { Driver } from '../../driver/driver.js';
import { delay, nextTurn, type Timer } from '../../driver/runtime.js';
import { nameOfJob } from './job-context.js';
import { listHead, trimList } from '../../protocol/operations/lists.js';

/** Values in one push at most, and about how long one push may be, UTF-16 units. */
const MOST_VALUES = 512;
const PUSH_LENGTH = 256 * 1024;

/** How many frames, and how many bytes, may lie unread in the reply list before the next value waits. */
const MOST_UNREAD = 1_000;
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** Waits between looks at a full reply list, ms: soon at first, then less often. */
const FIRST_LOOK = 1;

/** Wait before values that were refused are pushed again, ms; later ones are longer. */
const FIRST_REFUSED_WAIT_MS = 1_000;
const LATEST_LOOK = 64;

/** How often a stream looks whether its caller still reads, ms, and how many looks without it mean that it has gone. */
const READER_INTERVAL = 15_000;
const MOST_LOOKS_UNREAD = 4;

/** Where the values of a stream go. */
export interface StreamTarget {
  readonly queue: string;
  readonly id: string | number;
  readonly attempt: number;
  /** Where the job lies. */
  readonly place: Place;
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
  /** How many values were pushed, or may have been. */
  pushedCount = 0;
  /** Whether it pushes no more. */
  isStopped = false;
  private waiting: string[] = [];
  private waitingLength = 0;
  /** Index in `waiting` of the first that was not pushed. */
  private head = 0;
  private isPushing = false;
  private pushing: Promise<void> = Promise.resolve();
  private onRoom: (() => void)[] = [];
  private readonly readerTimer: Timer;
  /** Tells this run from any other of the same job. */
  private readonly run: string;

  /**
   * @param onLost - hears that the stream is in vain: another worker has the job, or its caller does not read any more.
   */
  constructor(
    private readonly target: StreamTarget,
    private readonly connections: Driver,
    private readonly log: Log,
    private readonly onLost: (reason: Error, isTaken: boolean) => void,
  ) {
    this.run = connections.runtime.randomId();
    this.readerTimer = this.watchReader();
  }

  /** Whether every value that was handed in was pushed. */
  get isComplete(): boolean {
    return this.head === this.waiting.length;
  }

  /** Where the next frame belongs, behind all values that were handed in. */
  get position(): StreamPosition {
    return this.positionOf(this.pushedCount + this.waiting.length - this.head);
  }

  /** Where the next frame belongs, behind those that were pushed. */
  get pushedPosition(): StreamPosition {
    return this.positionOf(this.pushedCount);
  }

  /** @param json - the value; `undefined` for `undefined`. */
  add(json: string | undefined): void {
    const text = json ?? 'null';
    this.waiting.push(text);
    this.waitingLength += text.length;
    if (!this.isPushing) {
      this.isPushing = true;
      this.pushing = this.pushAll().catch((error: unknown) => {
        this.lose(`its values cannot be sent: ${messageOf(error)}`, false);
      });
    }
  }

  /** Resolves when the source may give its next value; `undefined` = at once. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) {
      return undefined;
    }
    return new Promise((resolve) => this.onRoom.push(resolve));
  }

  /** Resolves when all values were pushed, or never will be. Nothing may be added then. */
  async flushed(): Promise<void> {
    await this.pushing;
    this.connections.runtime.clear(this.readerTimer);
  }

  /** Pushes no more. */
  stop(): void {
    this.isStopped = true;
    this.connections.runtime.clear(this.readerTimer);
    this.makeRoom();
  }

  private get hasRoom(): boolean {
    return (
      this.isStopped ||
      (this.waiting.length - this.head < MOST_VALUES && this.waitingLength < PUSH_LENGTH)
    );
  }

  private positionOf(index: number): StreamPosition {
    return { attempt: this.target.attempt, index, run: this.run };
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
    await nextTurn(this.connections.runtime);
    while (!this.isComplete && !this.isStopped) {
      const frames = this.takeFrames();
      const size = await this.push(frames);
      if (!size) {
        this.lose('another worker has taken the job over, or the server lost it', true);
        break;
      }
      await this.untilRead(size, frames);
      this.makeRoom();
    }
    this.isPushing = false;
  }

  private takeFrames(): string[] {
    const frames: string[] = [];
    let length = 0;
    while (!this.isComplete && frames.length < MOST_VALUES && length < PUSH_LENGTH) {
      const json = this.waiting[this.head++];
      frames.push(encodeValue(this.target.id, json, this.positionOf(this.pushedCount++)));
      length += json?.length ?? 0;
    }
    this.waitingLength -= length;
    if (this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    return frames;
  }

  /** @returns how much lies unread in the list; `undefined` when the job is no longer ours. */
  private async push(frames: readonly string[]): Promise<ListSize | undefined> {
    const { place, list } = this.target;
    const backoff = new Backoff(this.connections.runtime, FIRST_REFUSED_WAIT_MS);
    for (let isRefused = false; ; isRefused = true) {
      const ttl = this.target.ttl();
      try {
        const values = { place, list, ttl, frames };
        const size = await this.connections.runUntilAnswered(pushValues, values);
        if (isRefused) {
          this.log.over(this.refusedKind);
        }
        return size;
      } catch (error) {
        if (this.isStopped || !isRefusal(error)) {
          return undefined;
        }
        const isGivenUp = codeOfRefusal(error) === 'WRONGTYPE';
        this.reportRefusal(error, isGivenUp ? 'the stream is given up' : 'trying again');
        if (isGivenUp) {
          return undefined;
        }
        await backoff.wait(longestWaitAfter(error));
      }
    }
  }

  private get refusedKind(): string {
    return `values refused: ${this.target.queue}`;
  }

  private reportRefusal(error: Error, next: string): void {
    const { id, queue, list } = this.target;
    this.log.repeated(
      this.refusedKind,
      'error',
      `Values of ${nameOfJob({ id, queue })} cannot be pushed to "${list}": ${explainRefusal(error)}; ${next}`,
    );
  }

  /** Waits while too much lies unread. */
  private async untilRead(size: ListSize, frames: readonly string[]): Promise<void> {
    // Where the server does not tell, all are taken to be as large as ours.
    const largest = frames.reduce((most, frame) => Math.max(most, frame.length), 0);
    let unread: ListSize | undefined = size;
    let wait = FIRST_LOOK;
    while (!this.isStopped && (!unread || isFull(unread, largest))) {
      await delay(this.connections.runtime, wait, { ref: true });
      wait = Math.min(wait * 2, LATEST_LOOK);
      unread = await this.measure();
    }
  }

  /** @returns `undefined` while Redis is away. */
  private async measure(): Promise<ListSize | undefined> {
    try {
      await this.connections.ready();
      return await this.connections.commands.run(measureList, { list: this.target.list });
    } catch (error) {
      if (this.connections.state === 'closed') {
        this.lose('the connections are closed', false);
      }
      await beforeRetry(error, this.connections.runtime);
      return undefined;
    }
  }

  /** A caller in whose list the same frame lies at the head for long has gone, or cannot reach Redis. */
  private watchReader(): Timer {
    let head: string | null = null;
    let unreadLooks = 0;
    const look = async (): Promise<void> => {
      const { commands } = this.connections;
      const before = head;
      head = null;
      // What its caller has read stays there while Redis refuses writes: one that changes nothing tells.
      [, head] = await commands.all((run) => [
        run(trimList, { list: this.target.list, first: 0, last: -1 }),
        run(listHead, this.target.list),
      ]);
      unreadLooks = head !== null && head === before ? unreadLooks + 1 : 0;
      if (unreadLooks >= MOST_LOOKS_UNREAD) {
        const seconds = (MOST_LOOKS_UNREAD * READER_INTERVAL) / 1_000;
        this.lose(`its caller has read nothing for ${seconds} s`, false);
      }
    };
    const { runtime } = this.connections;
    const watch = (): void => {
      if (this.connections.isConnected) {
        // What fails now is looked at again, and tells nothing of the caller.
        look().catch(() => {
          unreadLooks = 0;
        });
      }
    };
    return runtime.setInterval(watch, READER_INTERVAL).unref();
  }

  private lose(why: string, isTaken: boolean): void {
    if (!this.isStopped) {
      this.stop();
      const reason = new Error(`The stream of ${nameOfJob(this.target)} is given up: ${why}`);
      this.onLost(reason, isTaken);
    }
  }
}

/** @param largest - bytes that a frame takes where the server does not tell. */
const isFull = ({ length, bytes }: ListSize, largest: number): boolean =>
  length >= MOST_UNREAD || (bytes ?? length * largest) >= MOST_UNREAD_BYTES;
