import type { QueueKeys } from '../protocol/keys.js';

/** A place for one running job, and the key of the list that holds it. */
export interface Slot {
  readonly index: number;
  readonly key: string;
}

/** The slots of one worker on one queue, and who waits for a free one. */
export class Slots {
  private readonly free: Slot[];
  private waiter: (() => void) | undefined;

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

  get busy(): number {
    return this.size - this.free.length;
  }

  /** Takes all that are free. */
  takeFree(): Slot[] {
    return this.free.splice(0);
  }

  release(slot: Slot): void {
    this.free.push(slot);
    this.wake();
  }

  /** Resolves when one is free, or on {@link wake}. */
  async available(): Promise<void> {
    if (this.free.length === 0) {
      await new Promise<void>((resolve) => {
        this.waiter = resolve;
      });
    }
  }

  /** Lets go whoever waits for a free slot. */
  wake(): void {
    this.waiter?.();
    this.waiter = undefined;
  }
}
