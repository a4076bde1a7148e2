import type { QueueKeys } from '../protocol/keys.js';
import { Prefetch } from './prefetch.js';
import { Slots, type Slot } from './slots.js';

/** How long a job waits here at most before another worker may have it, ms: the jobs before it have become slow. */
const PATIENCE = 50;

/** What becomes of the jobs of an intake. */
export interface IntakeOwner {
  /** Begins with a job. */
  start(slot: Slot, element: string): void;
  /** Returns jobs that were not begun to the head of their queue, the first foremost; resolves when it has tried. */
  giveBack(slots: readonly Slot[]): Promise<void>;
  /** There is room for more. */
  onRoom(): void;
}

/** A job that waits in its slot for its run. */
interface WaitingJob {
  readonly slot: Slot;
  readonly element: string;
  readonly since: number;
}

/**
 * The jobs that a worker holds, and how many more it has room for: as many as it may run at a time, and where they are
 * done quickly some that wait here for their turn.
 */
export class Intake {
  private readonly slots: Slots;
  private readonly prefetch: Prefetch;
  /** Slots that jobs were asked for into, without an answer so far. */
  private asked = 0;
  /** How many jobs run. */
  running = 0;
  private waiting: WaitingJob[] = [];
  private patience: NodeJS.Timeout | undefined;
  private isStarting = false;
  private isOpen = true;
  /** Resolves when what was given back so far is back. */
  private givenBack: Promise<unknown> = Promise.resolve();

  constructor(
    keys: QueueKeys,
    workerId: string,
    private readonly concurrency: number,
    private readonly owner: IntakeOwner,
  ) {
    // Twice as many as jobs: the next ones are taken in the step that releases those of the last.
    this.slots = new Slots(keys, workerId, 2 * Prefetch.most(concurrency));
    this.prefetch = new Prefetch(concurrency);
  }

  /** How many keys it has for jobs. */
  get slotCount(): number {
    return this.slots.size;
  }

  /** How many more jobs it may hold. */
  get room(): number {
    const held = this.asked + this.waiting.length + this.running;
    return this.isOpen
      ? Math.max(0, Math.min(this.prefetch.limit - held, this.slots.freeCount))
      : 0;
  }

  /** Empty slots for as many jobs as there is room for. They are to be answered together by {@link arrived}. */
  nextSlots(most: number): Slot[] {
    const slots = this.slots.take(Math.min(this.room, most));
    this.asked += slots.length;
    return slots;
  }

  /** @param elements - the jobs that lie in the slots, in the same order; `undefined` = none. */
  arrived(slots: readonly Slot[], elements: readonly (string | undefined)[]): void {
    this.asked -= slots.length;
    const since = performance.now();
    slots.forEach((slot, index) => {
      const element = elements[index];
      if (element === undefined) {
        this.slots.release(slot);
      } else {
        this.waiting.push({ slot, element, since });
      }
    });
    this.startWaiting();
    void this.giveBackIfClosed();
  }

  /** Nobody knows any more what lies in these of the {@link nextSlots}. */
  forget(slots: readonly Slot[]): void {
    this.asked -= slots.length;
    void this.giveBackIfClosed();
  }

  /** A run has begun. */
  began(): void {
    this.running++;
  }

  /** A run has really ended. @param duration - ms. */
  ended(duration: number): void {
    this.running--;
    this.prefetch.ran(duration);
    this.startWaiting();
    if (this.room > 0) {
      this.owner.onRoom();
    }
  }

  /** Redis has confirmed that the slot is empty. */
  release(slot: Slot): void {
    const hadNone = this.slots.freeCount === 0;
    this.slots.release(slot);
    if (hadNone && this.room > 0) {
      this.owner.onRoom();
    }
  }

  /** Begins no more jobs. Resolves when those that wait were given back, and those that it has asked for as well. */
  async close(): Promise<void> {
    this.isOpen = false;
    await this.giveBackIfClosed();
  }

  open(): void {
    this.isOpen = true;
    this.startWaiting();
  }

  private startWaiting(): void {
    // A run that ends at once comes back here before it has returned.
    if (this.isStarting) {
      return;
    }
    this.isStarting = true;
    try {
      while (this.isOpen && this.waiting.length > 0 && this.running < this.concurrency) {
        const { slot, element } = this.waiting.shift() as WaitingJob;
        this.owner.start(slot, element);
      }
    } finally {
      this.isStarting = false;
    }
    if (this.waiting.length > 0) {
      this.patience ??= setTimeout(() => this.losePatience(), PATIENCE).unref();
    }
  }

  private losePatience(): void {
    this.patience = undefined;
    const [oldest] = this.waiting;
    if (oldest && performance.now() - oldest.since >= PATIENCE) {
      this.prefetch.forget();
      void this.giveBackWaiting();
    } else if (oldest) {
      this.patience = setTimeout(() => this.losePatience(), PATIENCE).unref();
    }
  }

  /** All at once, since those that are given back later go in front of those before. */
  private giveBackIfClosed(): Promise<unknown> {
    return !this.isOpen && this.asked === 0 ? this.giveBackWaiting() : this.givenBack;
  }

  private giveBackWaiting(): Promise<unknown> {
    const slots = this.waiting.map(({ slot }) => slot);
    this.waiting = [];
    if (slots.length > 0) {
      this.givenBack = Promise.all([this.givenBack, this.owner.giveBack(slots)]);
    }
    return this.givenBack;
  }
}
