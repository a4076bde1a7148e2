import type { Runtime, Timer } from '../../driver/runtime.js';
import { decodeJob } from '../../protocol/wire/job-element.js';
import { maxDeliveriesOf } from './lost-jobs.js';
import type { JobPlace } from './slots.js';
import type { JobHandler } from '../worker-options.js';

/**
 * The suspicion that a job ends the process that runs it. `suspect`: an earlier worker of the job was lost. `last chance`: a suspect
 * that is not delivered again if this worker is lost as well.
 */
export type Suspicion = 'none' | 'suspect' | 'last chance';

/**
 * @param element - a job that was delivered before.
 * @param now - ms, Redis clock.
 */
export function suspicionOf(element: string, handler: JobHandler, now: number): Suspicion {
  const job = decodeJob(element);
  if (job.version === 0 || (job.deadline !== undefined && job.deadline <= now)) {
    return 'none'; // such a job is not run
  }
  const left = maxDeliveriesOf(job, handler) - job.redeliveries;
  return left > 1 ? 'suspect' : left === 1 ? 'last chance' : 'none';
}

/** Time that a suspect must run alone before other jobs may run next to it, ms. */
const TRUST_AFTER_MS = 1_000;

/**
 * The longest time that a suspect waits until it is alone, and that a job with its last chance runs alone, ms: a run that never
 * ends must not keep the worker from all other jobs.
 */
const MAX_ALONE_MS = 30_000;

/**
 * Runs suspects alone, so that a job that ends its process takes no other job with it. A suspect that has run for a while is
 * trusted: other jobs may start next to it, also other suspects.
 */
export class Isolation {
  /** The suspect that runs alone, or waits until it can. */
  private suspect: JobPlace | undefined;
  private hasStarted = false;
  /** Whether the suspect has left its slot, so that the loss of its worker does not affect it any more. */
  private isReleased = false;
  /** Whether the suspect has waited as long as it may to be alone. */
  private hasWaited = false;
  private timer: Timer | undefined;
  /** Jobs in slots that have run for so long that a suspect does not wait for their end, such as earlier suspects. */
  private readonly trusted = new Set<JobPlace>();
  /** Maximum number of jobs that are taken together. One after a suspect, because the next job is likely to be a suspect, too. */
  private maxTogether = Infinity;

  /**
   * @param running - the places of the jobs that run.
   * @param onChange - called when more jobs may be started than before.
   */
  constructor(
    private readonly running: () => readonly JobPlace[],
    private readonly onChange: () => void,
    private readonly runtime: Runtime,
  ) {}

  /** Whether a suspect runs alone or waits until it can, so that no other job is taken or started. */
  get isActive(): boolean {
    return this.suspect !== undefined;
  }

  /** Maximum number of jobs that may be taken together now. */
  get maxRequested(): number {
    return this.isActive ? 0 : this.maxTogether;
  }

  /** Learns from jobs that have arrived together. */
  arrived(count: number, haveSuspects: boolean): void {
    if (haveSuspects) {
      this.maxTogether = 1;
    } else if (count > 0) {
      this.maxTogether *= 2;
    }
  }

  /**
   * Reserves the worker for a suspect: no other job starts from now on.
   * @returns `false` where another suspect has reserved it.
   */
  claim(place: JobPlace): boolean {
    if (!this.suspect) {
      this.suspect = place;
      this.hasStarted = this.isReleased = this.hasWaited = false;
      this.restartTimer(MAX_ALONE_MS, () => this.stopWaiting());
    }
    return this.suspect === place;
  }

  /**
   * Whether the suspect that waits may be started.
   * @param others - how many other jobs are in slots.
   */
  isAlone(others: number, suspicion: Suspicion): boolean {
    const allowed = suspicion === 'last chance' ? 0 : this.trusted.size;
    return others <= allowed || this.hasWaited;
  }

  /** Notes that the suspect that waited is started. */
  started(suspicion: Suspicion): void {
    this.hasStarted = true;
    this.restartTimer(suspicion === 'last chance' ? MAX_ALONE_MS : TRUST_AFTER_MS, () =>
      this.trust(),
    );
  }

  /** Notes that a run is over, or was not needed. */
  ended(place: JobPlace): void {
    if (place === this.suspect) {
      this.end();
    }
  }

  /** Notes that a job has left its slot. */
  released(place: JobPlace): void {
    if (place === this.suspect) {
      this.isReleased = true;
    } else if (this.trusted.size > 0) {
      this.trusted.delete(place);
    }
  }

  /** Gives up the suspect that waits, if there is one. */
  giveUp(): void {
    if (!this.hasStarted) {
      this.end();
    }
  }

  private stopWaiting(): void {
    this.hasWaited = true;
    this.running().forEach((place) => this.trusted.add(place));
    this.onChange();
  }

  private trust(): void {
    if (this.suspect && !this.isReleased) {
      this.trusted.add(this.suspect);
    }
    this.end();
    this.onChange();
  }

  private end(): void {
    this.suspect = undefined;
    this.runtime.clear(this.timer);
  }

  private restartTimer(duration: number, work: () => void): void {
    this.runtime.clear(this.timer);
    this.timer = this.runtime.setTimeout(work, duration).unref();
  }
}
