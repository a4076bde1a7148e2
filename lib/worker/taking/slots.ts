import type { QueueKeys } from '../../protocol/keys.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';

/** A place for jobs that are taken together, and the key of the list that holds them. */
export class Slot {
  /** Jobs that lie in it. */
  private held = 0;
  /** Those of them that are on their way out. */
  private leaving = 0;
  private filledBy: string | undefined;

  constructor(
    readonly index: number,
    readonly key: string,
  ) {}

  /** Whether it holds so many jobs and no others, and nobody takes one out of it yet. */
  holdsJust(count: number): boolean {
    return this.held === count && this.leaving === 0;
  }

  /** The `run_id` of the server that put its jobs into it; `undefined` where that is not known. */
  get server(): string | undefined {
    return this.filledBy;
  }

  /**
   * Redis has put jobs into it.
   * @param server - the `run_id` of that server, where it is known.
   * @returns where each of them lies.
   */
  fill(count: number, server?: string): JobPlace[] {
    this.filledBy = server;
    this.held = count;
    this.leaving = 0;
    const { key } = this;
    const places: JobPlace[] = [];
    for (let position = 0; position < count; position++) {
      places.push({ slot: this, key, position, state: 'held' });
    }
    return places;
  }

  /** Redis is about to be asked to take a job out of it. */
  leave(place: JobPlace): void {
    if (place.state === 'held') {
      place.state = 'leaving';
      this.leaving++;
    }
  }

  /** Redis did not take it out. */
  stay(place: JobPlace): void {
    if (place.state === 'leaving') {
      place.state = 'held';
      this.leaving--;
    }
  }

  /** A job has left it for sure. @returns whether it is empty by that: true once, however often it is told. */
  left(place: JobPlace): boolean {
    if (place.state === 'left') {
      return false;
    }
    this.stay(place);
    place.state = 'left';
    this.held--;
    return this.held === 0;
  }
}

/** Where one job lies. */
export interface JobPlace extends Place {
  readonly slot: Slot;
  /** Whether Redis is asked to take the job out of it, or has; its slot alone changes that. */
  state: 'held' | 'leaving' | 'left';
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
    );
  }

  get areFree(): boolean {
    return this.free.length > 0;
  }

  /**
   * Takes the one that has been free for longest: a server that lacks the last writes may hold old jobs in those that were
   * released last.
   */
  take(): Slot | undefined {
    return this.free.shift();
  }

  release(slot: Slot): void {
    this.free.push(slot);
  }

  /** Takes all of those that are free. */
  takeAll(): Slot[] {
    return this.free.splice(0);
  }
}
