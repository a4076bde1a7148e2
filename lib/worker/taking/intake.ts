import type { Runtime } from '../../driver/runtime.js';
import { hasLostWorker } from '../../protocol/wire/job-element.js';
import type { QueueKeys } from '../../protocol/keys.js';
import type { Suspicion } from './isolation.js';
import { Prefetch } from './prefetch.js';
import type { RunLimit } from './run-limit.js';
import { Slots, type JobPlace, type Slot } from './slots.js';
import { StartQueue, type StartOwner, type StartSource } from './start-queue.js';
import { TakeSize } from './take-size.js';

/** The part of the worker that an intake uses. */
export interface IntakeOwner extends StartOwner {
  /** @returns how likely a job is to end this process. Called for jobs that have lost a worker before. */
  suspicionOf(element: string): Suspicion;
  /** Called when there is room for more jobs. */
  onRoom(): void;
  /** Called when the last job has left a slot. The slot is used again only after {@link Intake.freeSlot} or {@link Intake.arrived}. */
  onEmptied(slot: Slot): void;
}

/** An empty slot that is reserved for up to `most` jobs, to be taken from the queue in one call. */
export interface Take {
  readonly slot: Slot;
  readonly most: number;
  /** Whether the take is for one job that is expected to be too long to pass through a script. */
  readonly isLong: boolean;
}

/**
 * The jobs that a worker holds, and how many more it has room for: as many as it may run at a time, plus a few that wait for
 * their turn where runs are short.
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
    private readonly runLimit: RunLimit,
    private readonly owner: IntakeOwner,
    private readonly runtime: Runtime,
  ) {
    const { concurrency } = runLimit;
    // One slot for each job that is held, if each was taken alone, and as many for jobs whose release is underway.
    this.slots = new Slots(keys, workerId, 2 * Prefetch.maxHeld(concurrency));
    this.prefetch = new Prefetch(concurrency);
    this.startQueue = new StartQueue(runLimit, this, owner, runtime);
    runLimit.onRunEnded(() => this.startOrTakeMore());
  }

  /** Number of slots, free or not. */
  get slotCount(): number {
    return this.slots.size;
  }

  /** Number of jobs that run. */
  get running(): number {
    return this.startQueue.running;
  }

  /** Number of jobs that may be taken now, in addition to those that are held. */
  get room(): number {
    const limit = Math.min(
      this.prefetch.limit,
      Math.max(this.runLimit.concurrency, this.takeSize.maxJobs),
    );
    const room = Math.min(
      limit - this.requested - this.startQueue.size,
      this.startQueue.maxRequested - this.requested,
    );
    return this.slots.hasFree ? Math.max(0, room) : 0;
  }

  /**
   * Makes the takes of one call: many jobs into one slot, or a few long jobs into a slot each, so that settling one long job does
   * not read the others.
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

  /**
   * Reserves a slot for up to `most` jobs, limited by the room that is left and by the size of recent jobs. Each take has to be
   * answered by {@link arrived} or {@link writeOff}.
   */
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
   * Answers a take with the jobs that are in its slot.
   * @param elements - in the order of the slot.
   * @param server - the `run_id` of the server that filled the slot, where it is known.
   */
  arrived({ slot, most }: Take, elements: readonly string[], server?: string): void {
    this.requested -= most;
    if (elements.length > 0) {
      this.takeSize.measure(elements);
    }
    this.fillSlot(slot, elements, server);
  }

  /** Notes a take without an answer, whose jobs may have been too long for the connection. */
  unanswered({ most }: Take): void {
    this.takeSize.unanswered(most);
  }

  /** Gives up a take whose slot has unknown content: the slot is not used again. */
  writeOff({ most }: Take): void {
    this.requested -= most;
    this.startQueue.startJobs();
    void this.startQueue.giveBackIfClosed();
  }

  /** Takes all free slots out of use, until {@link fillSlot} reports the content of each. */
  takeFreeSlots(): Slot[] {
    return this.slots.takeAllFree();
  }

  /** Takes a slot into use again that is empty in Redis for sure. */
  freeSlot(slot: Slot): void {
    this.slots.release(slot);
  }

  /** Accepts the jobs that were found in a slot; a slot without jobs is free again. */
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

  /** Counts a run that has started. */
  runStarted(): void {
    this.startQueue.runStarted();
  }

  /** Counts a run whose handler has returned. @param duration - ms. */
  runEnded(place: JobPlace, duration: number): void {
    this.prefetch.runTook(duration);
    this.startQueue.runEnded(place);
  }

  /** Notes that Redis has confirmed the release of a job from its slot. */
  release(place: JobPlace): void {
    const { slot } = place;
    this.startQueue.released(place);
    const hadNone = !this.slots.hasFree;
    if (place.confirmRelease()) {
      this.held--;
      if (slot.isEmpty) {
        this.owner.onEmptied(slot);
      }
    }
    if (this.startQueue.isIsolating || (hadNone && this.slots.hasFree)) {
      this.startOrTakeMore();
    }
  }

  /** Starts no more jobs. Resolves when the jobs that wait were given back, without waiting for a take that is underway. */
  close(): Promise<void> {
    return this.startQueue.close();
  }

  /** Resolves, after {@link close}, when the jobs that wait and those of a take that is underway were given back. */
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
