import { onTestFinished } from 'vitest';
import type { ListSize } from '../../../lib/protocol/operations/lua-list-size.js';
import { pushValues, type PushValues } from '../../../lib/protocol/operations/push-values.js';
import { decodeFrame } from '../../../lib/protocol/wire/reply-frame.js';
import { ReplyStream, type StreamTarget } from '../../../lib/worker/running/reply-stream.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from './kept-log.js';
import { watched } from './watched.js';

/** A reply list whose caller has read all but this. */
export const READ: ListSize = { length: 1, bytes: 100 };

/** A reply list with as much unread as there may be. */
export const FULL: ListSize = { length: 1_000, bytes: 100_000 };

/** The stream of one job to a caller, on lines whose answers the test gives. */
export class StreamUnderTest {
  readonly log: KeptLog;
  /** Why the stream was given up, and whether another worker has its job. */
  readonly lost: [reason: string, isTaken: boolean][] = [];
  readonly stream: ReplyStream;

  constructor(
    target: Partial<StreamTarget> = {},
    readonly driver = new FakeDriver(),
  ) {
    this.log = new KeptLog(driver.runtime);
    this.stream = new ReplyStream(
      {
        queue: 'reports',
        id: 'job-1',
        attempt: 1,
        place: { key: 'slot', position: 0 },
        list: 'replies:client-1',
        ttl: () => 60_000,
        mayBeLost: () => false,
        ...target,
      },
      this.driver,
      this.log,
      ({ message }, isTaken) => this.lost.push([message, isTaken]),
    );
    onTestFinished(() => this.stream.stop());
  }

  get commands() {
    return this.driver.commands;
  }

  settle(): Promise<void> {
    return this.driver.settle();
  }

  pass(ms: number): Promise<void> {
    return this.driver.runtime.advanceAsync(ms);
  }

  /** Values come in one turn. */
  async add(...values: unknown[]): Promise<void> {
    values.forEach((value) => this.stream.add(JSON.stringify(value)));
    await this.settle();
  }

  /** Answers the push that is on its way. @param size - of the list then; `undefined` where the slot does not hold the job. */
  async answer(size: ListSize | undefined = READ): Promise<void> {
    this.commands.next(pushValues).answer(size);
    await this.settle();
  }

  /** The caller reads, from now on, as fast as values come. */
  readAll(): void {
    this.commands.always(pushValues, () => READ);
  }

  /** The values of each push, in the order in which they were made. */
  get pushes(): unknown[][] {
    return this.commands.inputsOf(pushValues).map(valuesOf);
  }

  /** @returns what tells whether all values were pushed, or never will be. */
  flushed() {
    return watched(this.stream.flushed());
  }
}

export function valuesOf({ frames }: PushValues): unknown[] {
  return frames.map((text) => {
    const frame = decodeFrame(text);
    return frame?.kind === 'n' ? frame.payload : text;
  });
}
