import type { QueueKeys } from '../protocol/keys.js';
import type { Place } from '../protocol/scripts/lua-empty-place.js';

/** A place for jobs that are taken together, and the key of the list that holds them. */
export class Slot {
  /** Jobs that lie in it. */
  private held = 0;
  /** Those of them that are on their way out. */
  private leaving = 0;

  constructor(
    readonly index: number,
    readonly key: string,
  ) {}

  /** Whether it holds a single job that nobody takes out of it yet. */
  get holdsOne(): boolean {
    return this.held === 1 && this.leaving === 0;
  }

  /** Redis has put jobs into it. @returns where each of them lies. */
  fill(count: number): JobPlace[] {
    this.held = count;
    const { key } = this;
    const places: JobPlace[] = [];
    for (let position = 0; position < count; position++) {
      places.push({ slot: this, key, position });
    }
    return places;
  }

  /**
   * Redis is about to be asked to take jobs out of it.
   * @returns `all` of its jobs, the `last` that are not on their way out already, or `some`.
   */
  leave(count: number): 'all' | 'last' | 'some' {
    const isAll = this.leaving === 0 && this.held === count;
    this.leaving += count;
    return isAll ? 'all' : this.leaving === this.held ? 'last' : 'some';
  }

  /** Redis did not take them out. */
  stay(count: number): void {
    this.leaving -= count;
  }

  /** Redis has taken a job out of it. @returns whether it is empty. */
  left(): boolean {
    this.leaving--;
    this.held--;
    return this.held === 0;
  }
}

/** Where one job lies. */
export interface JobPlace extends Place {
  readonly slot: Slot;
}

/** The slots of one worker on one queue. One that is free is empty in Redis for sure. */
export class Slots {
  private readonly free: Slot[];

  constructor(
    keys: QueueKeys,
    workerId: string,
    readonly size: number,
  ) {
    this.free = Array.from(
      { length: size },
      (_, index) => new Slot(index, keys.active(workerId, index)),
    ).toReversed();
  }

  get areFree(): boolean {
    return this.free.length > 0;
  }

  /** Takes one of those that are free. */
  take(): Slot | undefined {
    return this.free.pop();
  }

  release(slot: Slot): void {
    this.free.push(slot);
  }
}
