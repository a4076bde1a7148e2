import type { QueueKeys } from '../../protocol/keys.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';

/** A list in Redis for the jobs of one take, with what this process knows of the list. */
export class Slot {
  /** Number of jobs in the slot. */
  private held = 0;
  /** Number of these jobs that a call to Redis is taking out now. */
  private releasing = 0;
  /** The `run_id` of the server that filled the slot; `undefined` where it is unknown. */
  private serverRunId: string | undefined;

  constructor(
    readonly index: number,
    readonly key: string,
  ) {}

  get isEmpty(): boolean {
    return this.held === 0;
  }

  /** Whether the slot holds exactly so many jobs, and none of them is being released. */
  holdsExactly(count: number): boolean {
    return this.held === count && this.releasing === 0;
  }

  /**
   * Whether another server has filled the slot than the one that answers now, which may lack the last writes.
   * @param server - the `run_id` of the server that answers now; `undefined` where it is unknown.
   */
  isOfFormerServer(server: string | undefined): boolean {
    return server !== undefined && this.serverRunId !== undefined && this.serverRunId !== server;
  }

  /**
   * Notes that Redis has put jobs into the slot.
   * @param server - the `run_id` of that server, where it is known.
   * @returns the place of each job.
   */
  fill(count: number, server?: string): JobPlace[] {
    this.serverRunId = server;
    this.held = count;
    this.releasing = 0;
    const places: JobPlace[] = [];
    for (let position = 0; position < count; position++) {
      places.push(new JobPlace(this, position));
    }
    return places;
  }

  /** Changes the counts by the given numbers. Only the places of the slot call this. */
  adjust(held: number, releasing: number): void {
    this.held += held;
    this.releasing += releasing;
  }
}

/** The place of one job in a slot, and whether the job is being released from it. */
export class JobPlace implements Place {
  readonly key: string;
  private state: 'held' | 'releasing' | 'released' = 'held';

  constructor(
    readonly slot: Slot,
    readonly position: number,
  ) {
    this.key = slot.key;
  }

  /** Notes that a call to Redis is about to take the job out. */
  beginRelease(): void {
    if (this.state === 'held') {
      this.state = 'releasing';
      this.slot.adjust(0, 1);
    }
  }

  /** Notes that Redis has not taken the job out. Does nothing unless a release was begun. */
  cancelRelease(): void {
    if (this.state === 'releasing') {
      this.state = 'held';
      this.slot.adjust(0, -1);
    }
  }

  /** Notes that the job has left the slot for sure. @returns `true` the first time, `false` if that was confirmed before. */
  confirmRelease(): boolean {
    if (this.state === 'released') {
      return false;
    }
    this.cancelRelease();
    this.state = 'released';
    this.slot.adjust(-1, 0);
    return true;
  }
}

/** The slots of one worker on one queue. A free slot is empty in Redis for sure. */
export class Slots {
  /** The free slots, from {@link firstFree} on, in a ring: to shift an array costs some fifteen times as much. */
  private readonly ring: Slot[];
  private firstFree = 0;
  private freeCount: number;

  constructor(
    keys: QueueKeys,
    workerId: string,
    readonly size: number,
  ) {
    this.ring = Array.from(
      { length: size },
      (_, index) => new Slot(index, keys.active(workerId, index)),
    );
    this.freeCount = size;
  }

  get hasFree(): boolean {
    return this.freeCount > 0;
  }

  /**
   * Takes the slot that has been free for longest: a server that lacks the last writes may still hold jobs in the slots that were
   * released last.
   */
  take(): Slot | undefined {
    if (this.freeCount === 0) {
      return undefined;
    }
    const slot = this.ring[this.firstFree];
    this.firstFree = (this.firstFree + 1) % this.size;
    this.freeCount--;
    return slot;
  }

  release(slot: Slot): void {
    this.ring[(this.firstFree + this.freeCount) % this.size] = slot;
    this.freeCount++;
  }

  /** Takes all free slots. */
  takeAllFree(): Slot[] {
    const slots: Slot[] = [];
    for (let slot = this.take(); slot; slot = this.take()) {
      slots.push(slot);
    }
    return slots;
  }
}
