import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Suspicion } from './isolation.js';
import type { JobPlace } from './slots.js';

/** Longest time that a job waits for its run before it is given back to the queue for other workers, ms. */
const MAX_WAIT_MS = 50;

/** A job in a slot that waits for its run. */
export interface WaitingJob {
  readonly place: JobPlace;
  readonly element: string;
  /** The time when the job arrived, by the clock of the runtime. */
  readonly arrivedAt: number;
  readonly suspicion: Suspicion;
}

/** The jobs that a worker has taken and not started yet, in their order. */
export class WaitingJobs {
  private readonly jobs: WaitingJob[] = [];
  private timer: Timer | undefined;

  /** @param onOverdue - called when the oldest job has waited for too long. */
  constructor(
    private readonly runtime: Runtime,
    private readonly onOverdue: () => void,
  ) {}

  get size(): number {
    return this.jobs.length;
  }

  get oldest(): WaitingJob | undefined {
    return this.jobs[0];
  }

  add(job: WaitingJob): void {
    this.jobs.push(job);
  }

  shift(): WaitingJob | undefined {
    return this.jobs.shift();
  }

  /** Removes and returns all jobs but the oldest. @param from - how many of the oldest stay. */
  removeFrom(from: number): WaitingJob[] {
    return this.jobs.splice(from);
  }

  /** Watches for a job that waits for too long. */
  watch(): void {
    this.timer ??= this.runtime.setTimeout(() => this.checkOldest(), MAX_WAIT_MS).unref();
  }

  private checkOldest(): void {
    this.timer = undefined;
    const { oldest } = this;
    if (oldest && this.runtime.now() - oldest.arrivedAt >= MAX_WAIT_MS) {
      this.onOverdue();
    } else if (oldest) {
      this.watch();
    }
  }
}
