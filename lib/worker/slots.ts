import type { QueueKeys } from '../protocol/keys.js';

/** A place for one job, and the key of the list that holds it. */
export interface Slot {
  readonly index: number;
  readonly key: string;
}

/** The slots of one worker on one queue. One that is free is empty in Redis for sure. */
export class Slots {
  private readonly free: Slot[];

  constructor(
    keys: QueueKeys,
    workerId: string,
    readonly size: number,
  ) {
    this.free = Array.from({ length: size }, (_, index) => ({
      index,
      key: keys.active(workerId, index),
    }));
  }

  get freeCount(): number {
    return this.free.length;
  }

  /** Takes so many of those that are free, or all. */
  take(count: number): Slot[] {
    return this.free.splice(0, count);
  }

  release(slot: Slot): void {
    this.free.push(slot);
  }
}
