import { AsyncResource } from 'node:async_hooks';
import { messageOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import { encodeValue, type StreamPosition } from '../../protocol/wire/reply-frame.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { pushValues } from '../../protocol/operations/push-values.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isHandover,
  isRefusal,
  longestWaitAfter,
} from '../../driver/refusal.js';
import type { Driver } from '../../driver/driver.js';
import { Gate } from '../../driver/gate.js';
import { nextTurn } from '../../driver/runtime.js';
import { nameOfJob } from './run-context.js';
import { StreamReader } from './stream-reader.js';

/** Maximum number of values in one push, and approximate maximum length of one push, UTF-16 units. */
const MAX_VALUES_PER_PUSH = 512;
const MAX_PUSH_LENGTH = 256 * 1024;

/** First wait before refused values are pushed again, ms. Later waits are longer. */
const FIRST_REFUSED_WAIT_MS = 1_000;

/** The place to which the values of a stream are pushed. */
export interface StreamTarget {
  readonly queue: string;
  readonly id: string | number;
  readonly attempt: number;
  /** The place of the job in its slot. */
  readonly place: Place;
  /** The reply list of the caller. */
  readonly list: string;
  /** Time to live of the list, ms. */
  ttl(): number;
  /** Whether a server that has replaced the one of the job does not hold it because it lacks the last writes. */
  mayBeLost(): boolean;
}

/**
 * Sends the values of one run, in order and no faster than the caller reads them: while too much is unread in the reply list, the
 * next push waits. Values that the source gives meanwhile wait here; a source that awaits {@link room} is held back.
 */
export class ReplyStream {
  /** Number of values that were pushed, or may have been pushed. */
  pushedCount = 0;
  /** Whether the stream pushes no more values. */
  isStopped = false;
  /** Number of values that were passed to the stream. */
  private addedCount = 0;
  private waiting: string[] = [];
  private waitingLength = 0;
  /** Index in `waiting` of the first value that was not pushed. */
  private head = 0;
  private isPushing = false;
  private pushing: Promise<void> = Promise.resolve();
  private onRoom: (() => void)[] = [];
  /** Opens when the stream is stopped. */
  private readonly stops = new Gate();
  private readonly reader: StreamReader;
  /** Values are pushed in the async context in which the stream was made, not in that of the handler. */
  private readonly scope = new AsyncResource('ReqRepStream');
  /** The id that distinguishes this run from other runs of the same job. */
  private readonly run: string;

  /**
   * @param onLost - called when the stream cannot go on: another worker has recovered the job (`isTaken`), the server has lost it, or
   *   its caller does not read any more.
   */
  constructor(
    private readonly target: StreamTarget,
    private readonly driver: Driver,
    private readonly log: Log,
    private readonly onLost: (reason: Error, isTaken: boolean) => void,
  ) {
    this.run = driver.runtime.randomId();
    this.reader = new StreamReader(target.list, driver, (why) => this.lose(why, false));
    this.reader.watch();
  }

  /** Whether all values that were added were pushed. */
  get isComplete(): boolean {
    return this.pushedCount === this.addedCount;
  }

  /** The position of the next frame, after all values that were added. */
  get position(): StreamPosition {
    return this.positionOf(this.addedCount);
  }

  /** The position of the next frame, after the values that were pushed. */
  get pushedPosition(): StreamPosition {
    return this.positionOf(this.pushedCount);
  }

  /** Adds a value to the end of the stream. @param json - the value as JSON; `undefined` for `undefined`. */
  add(json: string | undefined): void {
    const text = json ?? 'null';
    this.waiting.push(text);
    this.addedCount++;
    this.waitingLength += text.length;
    if (!this.isPushing) {
      this.isPushing = true;
      this.pushing = this.scope.runInAsyncScope(this.pushAll, this).catch((error: unknown) => {
        this.lose(`cannot send its values: ${messageOf(error)}`, false);
      });
    }
  }

  /** @returns a promise that resolves when the source may give its next value; `undefined` = at once. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) {
      return undefined;
    }
    return new Promise((resolve) => this.onRoom.push(resolve));
  }

  /** Resolves when all values were pushed, or never will be. No value may be added after that. */
  async flushed(): Promise<void> {
    await this.pushing;
    this.reader.close();
  }

  /** Pushes no more. */
  stop(): void {
    this.isStopped = true;
    this.reader.close();
    this.makeRoom();
    this.stops.wake();
  }

  private get hasRoom(): boolean {
    return (
      this.isStopped ||
      (this.waiting.length - this.head < MAX_VALUES_PER_PUSH &&
        this.waitingLength < MAX_PUSH_LENGTH)
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
    // Values that the source gives in one turn are pushed together.
    await nextTurn(this.driver.runtime);
    while (!this.isComplete && !this.isStopped) {
      const frames = this.takeFrames();
      const size = await this.push(frames);
      if (!size) {
        this.loseJob(frames.length);
        break;
      }
      await this.reader.untilRead(size, frames, () => this.isStopped);
      this.makeRoom();
    }
    this.isPushing = false;
  }

  private takeFrames(): string[] {
    const frames: string[] = [];
    let length = 0;
    while (!this.isComplete && frames.length < MAX_VALUES_PER_PUSH && length < MAX_PUSH_LENGTH) {
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

  /** @returns the number of unread frames and bytes in the list; `undefined` when the job is not in its slot any more. */
  private async push(frames: readonly string[]): Promise<ListSize | undefined> {
    const { place, list } = this.target;
    const { runtime } = this.driver;
    const backoff = new Backoff(runtime, FIRST_REFUSED_WAIT_MS);
    for (let isRefused = false; ; isRefused = true) {
      const ttl = this.target.ttl();
      try {
        const values = { place, list, ttl, frames };
        const size = await this.driver.runUntilAnswered(pushValues, values);
        if (isRefused) {
          this.log.over(this.refusedKind);
        }
        return size;
      } catch (error) {
        if (!isRefusal(error)) {
          return undefined;
        }
        if (codeOfRefusal(error) === 'WRONGTYPE') {
          this.reportRefusal(error, 'ending the stream');
          return undefined;
        }
        if (!this.isStopped) {
          if (!isHandover(error)) {
            this.reportRefusal(error, 'retrying');
          }
          const wait = backoff.next(longestWaitAfter(error));
          await this.stops.untilOrAfter(wait, () => this.isStopped, runtime);
        }
        if (this.isStopped) {
          this.pushedCount -= frames.length;
          return undefined;
        }
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
      `Cannot push stream values of ${nameOfJob({ id, queue })} to "${list}" (${explainRefusal(error)}); ${next}`,
    );
  }

  /** Ends the stream because its job is not in its slot. @param unsent - how many values were to be pushed. */
  private loseJob(unsent: number): void {
    if (this.target.mayBeLost()) {
      // Nobody else may know of the job, so that its caller has to hear of the end from here.
      this.pushedCount -= unsent;
      this.lose('a different server answers now, which does not hold the job', false);
    } else {
      this.lose('another worker recovered the job, or the server lost it', true);
    }
  }

  private lose(why: string, isTaken: boolean): void {
    if (!this.isStopped) {
      this.stop();
      const reason = new Error(`The stream of ${nameOfJob(this.target)} ended early: ${why}`);
      this.onLost(reason, isTaken);
    }
  }
}
