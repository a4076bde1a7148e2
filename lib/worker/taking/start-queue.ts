import { Gate } from '../../driver/gate.js';
import type { Runtime } from '../../driver/runtime.js';
import { Isolation } from './isolation.js';
import type { JobPlace } from './slots.js';
import { WaitingJobs, type WaitingJob } from './waiting-jobs.js';

/** What becomes of the jobs of a start queue. */
export interface StartOwner {
  /** Begins with a job. */
  startJob(place: JobPlace, element: string): void;
  /** {@link startJob} threw: the job still holds its place. */
  jobNotStarted(place: JobPlace, element: string, error: unknown): void;
  /** The places of the jobs that run. */
  runningPlaces(): readonly JobPlace[];
  /** Nothing more is wanted: what waits for a job is to end soon. */
  interruptWait(): void;
  /** Returns jobs that were not begun to the head of their queue, the first foremost; resolves when it has tried. */
  giveBack(places: readonly JobPlace[]): Promise<void>;
}

/** The intake whose jobs are started. */
export interface StartSource {
  /** How many jobs Redis was asked for, without an answer so far. */
  readonly requested: number;
  /** How many jobs are in slots. */
  readonly held: number;
  /** Jobs have waited for too long behind those that run. */
  onSlow(): void;
  /** More may be started or taken than before. */
  startOrTakeMore(): void;
}

/** Starts the jobs that a worker has taken, in their order, as many at a time as it may run, and suspects alone. */
export class StartQueue {
  /** How many jobs run. */
  running = 0;
  private isOpen = true;
  private isStarting = false;
  /** Whether the job that was started last is run, rather than buried or dropped. */
  private hasRunStarted = false;
  private readonly waiting: WaitingJobs;
  private readonly isolation: Isolation;
  /** Resolves when what was given back so far is back. */
  private givenBack: Promise<unknown> = Promise.resolve();
  /** Nothing that was asked for is still to come. */
  private readonly answers = new Gate();

  constructor(
    private readonly concurrency: number,
    private readonly source: StartSource,
    private readonly owner: StartOwner,
    runtime: Runtime,
  ) {
    this.waiting = new WaitingJobs(runtime, () => this.onSlow());
    this.isolation = new Isolation(
      () => owner.runningPlaces(),
      () => source.startOrTakeMore(),
      runtime,
    );
  }

  /** How many jobs run or wait for their run. */
  get size(): number {
    return this.waiting.size + this.running;
  }

  /** Whether a suspect is alone or waits until it is. */
  get isIsolating(): boolean {
    return this.isolation.isActive;
  }

  /** How many jobs may be asked for at a time. */
  get maxRequested(): number {
    return this.isOpen ? this.isolation.maxRequested : 0;
  }

  add(job: WaitingJob): void {
    this.waiting.add(job);
  }

  /** So many jobs have come together. */
  arrived(count: number, haveSuspects: boolean): void {
    this.isolation.arrived(count, haveSuspects);
  }

  /** Starts as many jobs as may be started now. */
  startJobs(): void {
    // A run that ends at once comes back here before it has returned.
    if (this.isStarting) {
      return;
    }
    this.isStarting = true;
    for (let next = this.next(); next; next = this.next()) {
      this.startOne(next);
    }
    this.isStarting = false;
    if (this.waiting.size > 0 && !this.isolation.isActive) {
      this.waiting.watch();
    }
  }

  /** A run has begun. */
  runStarted(): void {
    this.running++;
    this.hasRunStarted = true;
  }

  /** A run has really ended. */
  runEnded(place: JobPlace): void {
    this.running--;
    this.isolation.ended(place);
  }

  /** A job has left its slot. */
  released(place: JobPlace): void {
    this.isolation.released(place);
  }

  /**
   * Starts no more jobs. Resolves when those that wait are given back, and without waiting where others are still to come, which
   * go back together with them.
   */
  async close(): Promise<void> {
    this.isOpen = false;
    await this.giveBackIfClosed();
  }

  open(): void {
    this.isOpen = true;
    this.startJobs();
  }

  /** All at once, since those that are given back later go in front of those before. */
  giveBackIfClosed(): Promise<unknown> {
    if (!this.isOpen && this.source.requested === 0) {
      void this.giveBack();
      this.answers.wake();
    }
    return this.givenBack;
  }

  /** Resolves when all that a closed queue has taken or asked for is given back. */
  async allGivenBack(): Promise<void> {
    await this.answers.until(() => this.source.requested === 0);
    await this.giveBackIfClosed();
  }

  /** Takes the job that is to be started now, if there is one, out of those that wait. */
  private next(): WaitingJob | undefined {
    const first = this.waiting.oldest;
    const isNext =
      first &&
      this.isOpen &&
      this.running < this.concurrency &&
      (first.suspicion === 'none' ? !this.isolation.isActive : this.claimAlone(first));
    return isNext ? this.waiting.shift() : undefined;
  }

  /** Sees to it that a suspect gets alone. @returns whether it is. */
  private claimAlone({ place, suspicion }: WaitingJob): boolean {
    if (!this.isolation.claim(place)) {
      return false;
    }
    if (this.source.requested > 0) {
      // What still comes goes back in one step with what waits here, since it was behind it in the queue.
      this.owner.interruptWait();
      return false;
    }
    void this.giveBack(1);
    return this.isolation.isAlone(this.source.held - 1, suspicion);
  }

  private startOne({ place, element, suspicion }: WaitingJob): void {
    this.hasRunStarted = false;
    if (suspicion !== 'none') {
      this.isolation.started(suspicion);
    }
    try {
      this.owner.startJob(place, element);
    } catch (error) {
      this.owner.jobNotStarted(place, element, error);
    }
    if (!this.hasRunStarted) {
      this.isolation.ended(place);
    }
  }

  private onSlow(): void {
    if (!this.isolation.isActive) {
      this.source.onSlow();
      void this.giveBack();
    }
  }

  /** @param from - how many of the oldest stay here. */
  private giveBack(from = 0): Promise<unknown> {
    const places = this.waiting.removeFrom(from).map(({ place }) => place);
    if (from === 0) {
      this.isolation.giveUp();
    }
    if (places.length > 0) {
      this.givenBack = Promise.all([this.givenBack, this.owner.giveBack(places)]);
    }
    return this.givenBack;
  }
}
