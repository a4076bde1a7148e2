import type { Runtime, Timer } from '../../driver/runtime.js';
import { hasLostWorker } from '../../protocol/wire/job-element.js';
import type { QueueKeys } from '../../protocol/keys.js';
import { Isolation, type Suspicion } from './isolation.js';
import { Prefetch } from './prefetch.js';
import { Slots, type JobPlace, type Slot } from './slots.js';

/** How long a job waits here at most before another worker may have it, ms: the jobs before it have become slow. */
const PATIENCE = 50;

/**
 * About how long the jobs of one take may be together, UTF-16 units: what is read, run and answered at once is held at
 * once, and copied by the garbage collector.
 */
const TAKE_LENGTH = 2 * 1024 * 1024;

/** How much longer a take may be than one before that was answered, after one that was not. */
const GROWTH = 1.1;

/** From this length on average on jobs are long, UTF-16 units: Lua hashes each byte of what passes through it. */
const LONG = 64 * 1024;

/** Long jobs that are taken together at most, each by itself. */
const MOST_LONG = 3;

/** What becomes of the jobs of an intake. */
export interface IntakeOwner {
  /** How likely it is that a job ends this process; asked of one that was delivered before. */
  suspicionOf(element: string): Suspicion;
  /** Begins with a job. */
  start(place: JobPlace, element: string): void;
  /** {@link start} threw: the job still holds its place. */
  onNotStarted(place: JobPlace, element: string, error: unknown): void;
  /** Where the jobs lie that run. */
  runningPlaces(): readonly JobPlace[];
  /** Nothing more is wanted: what waits for a job is to end soon. */
  onWantsNone(): void;
  /** Returns jobs that were not begun to the head of their queue, the first foremost; resolves when it has tried. */
  giveBack(places: readonly JobPlace[]): Promise<void>;
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

/** A job that waits in its slot for its run. */
interface WaitingJob {
  readonly place: JobPlace;
  readonly element: string;
  readonly since: number;
  readonly suspicion: Suspicion;
}

/**
 * The jobs that a worker holds, and how many more it has room for: as many as it may run at a time, and where they are
 * done quickly some that wait here for their turn.
 */
export class Intake {
  private readonly slots: Slots;
  private readonly prefetch: Prefetch;
  /** Jobs that were asked for, without an answer so far. */
  private asked = 0;
  /** Jobs that lie in slots. */
  private held = 0;
  /** How many jobs run. */
  running = 0;
  /** How long the jobs of one take may be together, UTF-16 units. */
  private takeLength = TAKE_LENGTH;
  /** How many jobs as long as those that came last may be taken together. */
  private fitting = Infinity;
  /** How many long ones may be taken together; 0 = those that came last were not long. */
  private longTogether = 0;
  private waiting: WaitingJob[] = [];
  private patience: Timer | undefined;
  private isStarting = false;
  /** Whether the job that was started last is run, rather than buried or dropped. */
  private hasBegun = false;
  private isOpen = true;
  /** Resolves when what was given back so far is back. */
  private givenBack: Promise<unknown> = Promise.resolve();
  private readonly isolation: Isolation;

  constructor(
    keys: QueueKeys,
    workerId: string,
    private readonly concurrency: number,
    private readonly owner: IntakeOwner,
    private readonly runtime: Runtime,
  ) {
    // One for each job that is held, were they all taken one by one, and as many for those whose release is under way.
    this.slots = new Slots(keys, workerId, 2 * Prefetch.most(concurrency));
    this.prefetch = new Prefetch(concurrency);
    this.isolation = new Isolation(
      () => owner.runningPlaces(),
      () => this.goOn(),
      runtime,
    );
  }

  /** How many keys it has for jobs. */
  get slotCount(): number {
    return this.slots.size;
  }

  /** How many more jobs it may hold. */
  get room(): number {
    const held = this.asked + this.waiting.length + this.running;
    const limit = Math.min(this.prefetch.limit, Math.max(this.concurrency, this.fitting));
    const room = Math.min(limit - held, this.isolation.mostAsked - this.asked);
    return this.isOpen && this.slots.areFree ? Math.max(0, room) : 0;
  }

  /**
   * What to take together: many jobs into one slot, or some long ones into a slot each, so that one is settled without a
   * look at the others.
   */
  takes(most: number): Take[] {
    const takes: Take[] = [];
    while (takes.length < Math.max(1, this.longTogether)) {
      const take = this.take(most);
      if (!take) {
        break;
      }
      takes.push(take);
    }
    return takes;
  }

  /** A take of so many jobs, or of as many as there is room for and as are not too long, which {@link arrived} is to answer. */
  take(most: number): Take | undefined {
    const count = Math.min(this.room, most, this.fitting);
    const slot = count > 0 ? this.slots.take() : undefined;
    if (!slot) {
      return undefined;
    }
    this.asked += count;
    return { slot, most: count, isLong: this.longTogether > 0 };
  }

  /**
   * @param elements - the jobs that lie in the slot now, in their order.
   * @param server - the `run_id` of the server that put them there, where it is known.
   */
  arrived({ slot, most }: Take, elements: readonly string[], server?: string): void {
    this.asked -= most;
    if (elements.length === 0) {
      this.slots.release(slot);
    } else {
      this.measure(elements);
    }
    this.hold(slot, elements, server);
  }

  /** Takes all free slots out of use, until each was {@link found} to be empty or not. */
  takeFree(): Slot[] {
    return this.slots.takeAll();
  }

  /** @param elements - what a free slot holds; nothing, as a rule. */
  found(slot: Slot, elements: readonly string[], server?: string): void {
    if (elements.length === 0) {
      this.slots.release(slot);
    }
    this.hold(slot, elements, server);
  }

  private hold(slot: Slot, elements: readonly string[], server: string | undefined): void {
    this.held += elements.length;
    const since = this.runtime.now();
    let haveSuspects = false;
    slot.fill(elements.length, server).forEach((place, index) => {
      const element = elements[index] ?? '';
      const suspicion = hasLostWorker(element) ? this.owner.suspicionOf(element) : 'none';
      haveSuspects ||= suspicion !== 'none';
      this.waiting.push({ place, element, since, suspicion });
    });
    this.isolation.came(elements.length, haveSuspects);
    this.startWaiting();
    void this.giveBackIfClosed();
  }

  /** A take was not answered: what it asked for may have been too long for the connection. */
  unanswered({ most }: Take): void {
    if (most > 1) {
      this.takeLength = Math.max(1, this.takeLength / 2);
      this.fitting = Math.min(this.fitting, Math.ceil(most / 2));
    }
  }

  /** Nobody knows any more what lies in the slot. */
  forget({ most }: Take): void {
    this.asked -= most;
    this.startWaiting();
    void this.giveBackIfClosed();
  }

  /** A run has begun. */
  began(): void {
    this.running++;
    this.hasBegun = true;
  }

  /** A run has really ended. @param duration - ms. */
  ended(place: JobPlace, duration: number): void {
    this.running--;
    this.prefetch.ran(duration);
    this.isolation.ended(place);
    this.goOn();
  }

  /** Redis has confirmed that a job has left its slot. */
  release(place: JobPlace): void {
    const { slot } = place;
    if (place.state !== 'left') {
      this.held--;
    }
    this.isolation.released(place);
    const hadNone = !this.slots.areFree;
    if (slot.left(place)) {
      this.slots.release(slot);
    }
    if (this.isolation.isOn || (hadNone && this.slots.areFree)) {
      this.goOn();
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

  /** Something has ended. */
  private goOn(): void {
    this.startWaiting();
    if (this.room > 0) {
      this.owner.onRoom();
    }
  }

  private startWaiting(): void {
    // A run that ends at once comes back here before it has returned.
    if (this.isStarting) {
      return;
    }
    this.isStarting = true;
    for (let next = this.next(); next; next = this.next()) {
      this.start(next);
    }
    this.isStarting = false;
    if (this.waiting.length > 0 && !this.isolation.isOn) {
      this.patience ??= this.runtime.setTimeout(() => this.losePatience(), PATIENCE).unref();
    }
  }

  /** Takes the job that is to be started now, if there is one, out of those that wait. */
  private next(): WaitingJob | undefined {
    const [first] = this.waiting;
    const isNext =
      first &&
      this.isOpen &&
      this.running < this.concurrency &&
      (first.suspicion === 'none' ? !this.isolation.isOn : this.isAlone(first));
    return isNext ? this.waiting.shift() : undefined;
  }

  /** Sees to it that a suspect gets alone. @returns whether it is. */
  private isAlone({ place, suspicion }: WaitingJob): boolean {
    if (!this.isolation.claim(place)) {
      return false;
    }
    if (this.asked > 0) {
      // What still comes goes back in one step with what waits here, since it stood behind it.
      this.owner.onWantsNone();
      return false;
    }
    void this.giveBackWaiting(1);
    return this.isolation.isAlone(this.held - 1, suspicion);
  }

  private start({ place, element, suspicion }: WaitingJob): void {
    this.hasBegun = false;
    if (suspicion !== 'none') {
      this.isolation.began(suspicion);
    }
    try {
      this.owner.start(place, element);
    } catch (error) {
      this.owner.onNotStarted(place, element, error);
    }
    if (!this.hasBegun) {
      this.isolation.ended(place);
    }
  }

  private losePatience(): void {
    this.patience = undefined;
    const [oldest] = this.waiting;
    if (!oldest || this.isolation.isOn) {
      return;
    }
    if (this.runtime.now() - oldest.since >= PATIENCE) {
      this.prefetch.forget();
      void this.giveBackWaiting();
    } else {
      this.patience = this.runtime.setTimeout(() => this.losePatience(), PATIENCE).unref();
    }
  }

  /** Learns how many jobs like these may be taken together. */
  private measure(elements: readonly string[]): void {
    const length = elements.reduce((sum, element) => sum + element.length, 0);
    const average = length / elements.length;
    const fitting = Math.ceil(this.takeLength / (average + 1));
    const areLong = average >= LONG;
    this.fitting = areLong ? 1 : fitting;
    this.longTogether = areLong ? Math.min(fitting, MOST_LONG) : 0;
    if (this.takeLength < TAKE_LENGTH && length >= this.takeLength / 2) {
      this.takeLength = Math.min(this.takeLength * GROWTH, TAKE_LENGTH);
    }
  }

  /** All at once, since those that are given back later go in front of those before. */
  private giveBackIfClosed(): Promise<unknown> {
    return !this.isOpen && this.asked === 0 ? this.giveBackWaiting() : this.givenBack;
  }

  /** @param from - how many of them stay here. */
  private giveBackWaiting(from = 0): Promise<unknown> {
    const places = this.waiting.splice(from).map(({ place }) => place);
    if (from === 0) {
      this.isolation.giveUp();
    }
    if (places.length > 0) {
      this.givenBack = Promise.all([this.givenBack, this.owner.giveBack(places)]);
    }
    return this.givenBack;
  }
}
