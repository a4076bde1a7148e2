import type { Runtime, Timer } from '../../driver/runtime.js';
import { decodeJob } from '../../protocol/wire/job-element.js';
import { maxDeliveriesOf } from './lost-jobs.js';
import type { JobPlace } from './slots.js';
import type { JobHandler } from '../worker-options.js';

/**
 * How likely a job is to end the process that runs it. `suspect`: it was delivered before, to a worker that was lost.
 * `last chance`: a suspect that is not delivered again if this worker is lost, too.
 */
export type Suspicion = 'none' | 'suspect' | 'last chance';

/**
 * @param element - a job that was delivered before.
 * @param now - ms, Redis clock.
 */
export function suspicionOf(element: string, handler: JobHandler, now: number): Suspicion {
  const job = decodeJob(element);
  if (job.version === 0 || (job.deadline !== undefined && job.deadline <= now)) {
    return 'none'; // it is not run
  }
  const left = maxDeliveriesOf(job, handler) - job.redeliveries;
  return left > 1 ? 'suspect' : left === 1 ? 'last chance' : 'none';
}

/** How long a suspect has to run alone until others are started beside it, ms. */
const TRUST_AFTER_MS = 1_000;

/**
 * How long a suspect waits at most until it is alone, and how long one that has its last chance is alone at most, ms: a run
 * that never ends must not keep the worker from all other jobs.
 */
const MAX_ALONE_MS = 30_000;

/**
 * Lets jobs that lost their worker before run alone, so that the one that ends its process ends no other job with it. One that
 * has run for a while is trusted: others may start beside it, other suspects among them.
 */
export class Isolation {
  /** The suspect that is alone, or waits until it is. */
  private suspect: JobPlace | undefined;
  private hasStarted = false;
  /** Whether the suspect that is alone has left its slot, so that no loss of its worker concerns it any more. */
  private isReleased = false;
  /** Whether the suspect that is alone has waited for that as long as it may. */
  private hasWaited = false;
  private timer: Timer | undefined;
  /** Jobs in slots that have run for so long that nobody waits for their end: suspects that were alone among them. */
  private readonly trusted = new Set<JobPlace>();
  /** How many jobs may be taken together: where one was a suspect the next is likely to be one. */
  private maxTogether = Infinity;

  /**
   * @param running - where the jobs lie that run.
   * @param onChange - hears that more may be started than before.
   */
  constructor(
    private readonly running: () => readonly JobPlace[],
    private readonly onChange: () => void,
    private readonly runtime: Runtime,
  ) {}

  /** Whether a suspect is alone or waits until it is, so that nothing is taken or started. */
  get isActive(): boolean {
    return this.suspect !== undefined;
  }

  /** How many jobs may be asked for. */
  get maxRequested(): number {
    return this.isActive ? 0 : this.maxTogether;
  }

  /** So many jobs have come together. */
  arrived(count: number, haveSuspects: boolean): void {
    if (haveSuspects) {
      this.maxTogether = 1;
    } else if (count > 0) {
      this.maxTogether *= 2;
    }
  }

  /**
   * A suspect is the next to be started: nothing else is from now on.
   * @returns whether no other one is alone.
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
   * @param others - how many other jobs lie in slots.
   */
  isAlone(others: number, suspicion: Suspicion): boolean {
    const allowed = suspicion === 'last chance' ? 0 : this.trusted.size;
    return others <= allowed || this.hasWaited;
  }

  /** The suspect that waited is started. */
  started(suspicion: Suspicion): void {
    this.hasStarted = true;
    this.restartTimer(suspicion === 'last chance' ? MAX_ALONE_MS : TRUST_AFTER_MS, () =>
      this.trust(),
    );
  }

  /** A run is over, or came to nothing. */
  ended(place: JobPlace): void {
    if (place === this.suspect) {
      this.end();
    }
  }

  /** A job has left its slot. */
  released(place: JobPlace): void {
    if (place === this.suspect) {
      this.isReleased = true;
    } else if (this.trusted.size > 0) {
      this.trusted.delete(place);
    }
  }

  /** The suspect that waits is not started after all. */
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
