import { Gate } from '../../driver/gate.js';
import type { Runtime } from '../../driver/runtime.js';
import { Isolation } from './isolation.js';
import type { RunLimit } from './run-limit.js';
import type { JobPlace } from './slots.js';
import { WaitingJobs, type WaitingJob } from './waiting-jobs.js';

/** The part of the worker that a start queue uses. */
export interface StartOwner {
  /** Starts a job. */
  startJob(place: JobPlace, element: string): void;
  /** Called when {@link startJob} has thrown: the job is still in its slot. */
  jobNotStarted(place: JobPlace, element: string, error: unknown): void;
  /** The places of the jobs that run. */
  runningPlaces(): readonly JobPlace[];
  /** Ends the wait for a job early, because no more jobs are wanted. */
  interruptWait(): void;
  /** Gives jobs that were not started back to the head of their queue, in their order. Resolves when that was tried. */
  giveBack(places: readonly JobPlace[]): Promise<void>;
}

/** The part of the intake that a start queue uses. */
export interface StartSource {
  /** Number of jobs that are reserved by takes that are not answered yet. */
  readonly requested: number;
  /** Number of jobs in slots. */
  readonly held: number;
  /** Called when jobs have waited for too long behind the jobs that run. */
  onSlow(): void;
  /** Called when more jobs may be started or taken than before. */
  startOrTakeMore(): void;
}

/** Starts the jobs that a worker has taken, in their order: as many at a time as the concurrency allows, and suspects alone. */
export class StartQueue {
  /** Number of jobs that run. */
  running = 0;
  private isOpen = true;
  private isStarting = false;
  /** Whether the job that was started last is run, rather than moved to the dead letters or discarded. */
  private hasRunStarted = false;
  private readonly waiting: WaitingJobs;
  private readonly isolation: Isolation;
  /** Resolves when all jobs that were given back so far are in the queue. */
  private givenBack: Promise<unknown> = Promise.resolve();
  /** Opens when no take is underway any more. */
  private readonly answers = new Gate();

  constructor(
    private readonly limit: RunLimit,
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

  /** Number of jobs that wait here for their run, or run, here or in another worker with the same limit. */
  get size(): number {
    return this.waiting.size + this.limit.running;
  }

  /** Whether a suspect runs alone or waits until it can. */
  get isIsolating(): boolean {
    return this.isolation.isActive;
  }

  /** Maximum number of jobs that may be taken together now. */
  get maxRequested(): number {
    return this.isOpen ? this.isolation.maxRequested : 0;
  }

  add(job: WaitingJob): void {
    this.waiting.add(job);
  }

  /** Notes jobs that have arrived together. */
  arrived(count: number, haveSuspects: boolean): void {
    this.isolation.arrived(count, haveSuspects);
  }

  /** Starts as many jobs as may be started now. */
  startJobs(): void {
    // A run that ends at once calls this again before startOne has returned.
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

  /** Counts a run that has started. */
  runStarted(): void {
    this.running++;
    this.limit.runStarted();
    this.hasRunStarted = true;
  }

  /** Counts a run whose handler has returned. */
  runEnded(place: JobPlace): void {
    this.running--;
    this.isolation.ended(place);
    this.limit.runEnded();
  }

  /** Notes that a job has left its slot. */
  released(place: JobPlace): void {
    this.isolation.released(place);
  }

  /**
   * Starts no more jobs. Resolves when the jobs that wait were given back. Does not wait for a take that is underway: its jobs and the
   * waiting ones are given back together.
   */
  async close(): Promise<void> {
    this.isOpen = false;
    await this.giveBackIfClosed();
  }

  open(): void {
    this.isOpen = true;
    this.startJobs();
  }

  /**
   * Gives back all jobs that wait, once no take is underway. All at once, because jobs that are given back later go in front of
   * earlier ones.
   */
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

  /** Removes and returns the job that is to be started now, if there is one. */
  private next(): WaitingJob | undefined {
    const first = this.waiting.oldest;
    const isNext =
      first &&
      this.isOpen &&
      !this.limit.isReached &&
      (first.suspicion === 'none' ? !this.isolation.isActive : this.claimAlone(first));
    return isNext ? this.waiting.shift() : undefined;
  }

  /** Reserves the worker for a suspect. @returns whether the suspect is alone. */
  private claimAlone({ place, suspicion }: WaitingJob): boolean {
    if (!this.isolation.claim(place)) {
      return false;
    }
    if (this.source.requested > 0) {
      // Jobs that still arrive are given back in one step with the jobs that wait here, which came before them in the queue.
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
