import type { Runtime } from '../../driver/runtime.js';
import { hasLostWorker } from '../../protocol/wire/job-element.js';
import type { QueueKeys } from '../../protocol/keys.js';
import type { Suspicion } from './isolation.js';
import { Prefetch } from './prefetch.js';
import { Slots, type JobPlace, type Slot } from './slots.js';
import { StartQueue, type StartOwner, type StartSource } from './start-queue.js';
import { TakeSize } from './take-size.js';

/** What becomes of the jobs of an intake. */
export interface IntakeOwner extends StartOwner {
  /** How likely it is that a job ends this process; asked of one that was delivered before. */
  suspicionOf(element: string): Suspicion;
  /** There is room for more. */
  onRoom(): void;
}

/** An empty slot for so many jobs, of which Redis is asked for as many as wait. */
export interface Take {
  readonly slot: Slot;
  readonly most: number;
  /** Whether it is for one that is expected to be so long that no script should see it. */
  readonly isLong: boolean;
}

/**
 * The jobs that a worker holds, and how many more it has room for: as many as it may run at a time, and where they are
 * done quickly some that wait for their turn.
 */
export class Intake implements StartSource {
  private readonly slots: Slots;
  private readonly prefetch: Prefetch;
  private readonly takeSize = new TakeSize();
  private readonly startQueue: StartQueue;
  requested = 0;
  held = 0;

  constructor(
    keys: QueueKeys,
    workerId: string,
    private readonly concurrency: number,
    private readonly owner: IntakeOwner,
    private readonly runtime: Runtime,
  ) {
    // One for each job that is held, were they all taken one by one, and as many for those whose release is under way.
    this.slots = new Slots(keys, workerId, 2 * Prefetch.maxHeld(concurrency));
    this.prefetch = new Prefetch(concurrency);
    this.startQueue = new StartQueue(concurrency, this, owner, runtime);
  }

  /** How many keys it has for jobs. */
  get slotCount(): number {
    return this.slots.size;
  }

  /** How many jobs run. */
  get running(): number {
    return this.startQueue.running;
  }

  /** How many more jobs it may hold. */
  get room(): number {
    const limit = Math.min(this.prefetch.limit, Math.max(this.concurrency, this.takeSize.maxJobs));
    const room = Math.min(
      limit - this.requested - this.startQueue.size,
      this.startQueue.maxRequested - this.requested,
    );
    return this.slots.hasFree ? Math.max(0, room) : 0;
  }

  /**
   * Makes the takes that may be asked for together: many jobs into one slot, or some long ones into a slot each, so that one is
   * settled without a look at the others.
   */
  takes(most: number): Take[] {
    const takes: Take[] = [];
    while (takes.length < this.takeSize.maxTakes) {
      const take = this.take(most);
      if (!take) {
        break;
      }
      takes.push(take);
    }
    return takes;
  }

  /** Reserves a slot for up to `most` jobs, as there is room and as they are long; {@link arrived} is to answer it. */
  take(most: number): Take | undefined {
    const count = Math.min(this.room, most, this.takeSize.maxJobs);
    const slot = count > 0 ? this.slots.take() : undefined;
    if (!slot) {
      return undefined;
    }
    this.requested += count;
    return { slot, most: count, isLong: this.takeSize.isLong };
  }

  /**
   * Answers a take.
   * @param elements - the jobs that are in the slot now, in their order.
   * @param server - the `run_id` of the server that put them there, where it is known.
   */
  arrived({ slot, most }: Take, elements: readonly string[], server?: string): void {
    this.requested -= most;
    if (elements.length > 0) {
      this.takeSize.measure(elements);
    }
    this.fillSlot(slot, elements, server);
  }

  /** A take was not answered: what it asked for may have been too long for the connection. */
  unanswered({ most }: Take): void {
    this.takeSize.unanswered(most);
  }

  /** Nobody knows any more what is in the slot. */
  writeOff({ most }: Take): void {
    this.requested -= most;
    this.startQueue.startJobs();
    void this.startQueue.giveBackIfClosed();
  }

  /** Takes all free slots out of use, until each was {@link fillSlot} to be empty or not. */
  takeFreeSlots(): Slot[] {
    return this.slots.takeAllFree();
  }

  /** Takes over what is in a slot. */
  fillSlot(slot: Slot, elements: readonly string[], server?: string): void {
    if (elements.length === 0) {
      this.slots.release(slot);
    }
    this.held += elements.length;
    const arrivedAt = this.runtime.now();
    let haveSuspects = false;
    slot.fill(elements.length, server).forEach((place, index) => {
      const element = elements[index] ?? '';
      const suspicion = hasLostWorker(element) ? this.owner.suspicionOf(element) : 'none';
      haveSuspects ||= suspicion !== 'none';
      this.startQueue.add({ place, element, arrivedAt, suspicion });
    });
    this.startQueue.arrived(elements.length, haveSuspects);
    this.startQueue.startJobs();
    void this.startQueue.giveBackIfClosed();
  }

  /** A run has begun. */
  runStarted(): void {
    this.startQueue.runStarted();
  }

  /** A run has really ended. @param duration - ms. */
  runEnded(place: JobPlace, duration: number): void {
    this.prefetch.runTook(duration);
    this.startQueue.runEnded(place);
    this.startOrTakeMore();
  }

  /** Redis has confirmed that a job has left its slot. */
  release(place: JobPlace): void {
    const { slot } = place;
    this.startQueue.released(place);
    const hadNone = !this.slots.hasFree;
    if (place.confirmRelease()) {
      this.held--;
      if (slot.isEmpty) {
        this.slots.release(slot);
      }
    }
    if (this.startQueue.isIsolating || (hadNone && this.slots.hasFree)) {
      this.startOrTakeMore();
    }
  }

  /** Begins no more jobs. Resolves when those that wait were given back, unless others are still to come. */
  close(): Promise<void> {
    return this.startQueue.close();
  }

  /** Resolves, once it is closed, when those that wait were given back, and those that it has asked for as well. */
  allGivenBack(): Promise<void> {
    return this.startQueue.allGivenBack();
  }

  open(): void {
    this.startQueue.open();
  }

  startOrTakeMore(): void {
    this.startQueue.startJobs();
    if (this.room > 0) {
      this.owner.onRoom();
    }
  }

  onSlow(): void {
    this.prefetch.forget();
  }
}
