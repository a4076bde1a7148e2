import type { Log } from '../observability/log.js';
import type { QueueKeys } from '../protocol/keys.js';
import { Backoff } from '../redis/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isRefusal,
  meaningOfRefusal,
  type RefusalMeaning,
} from '../redis/refusal.js';

/** How long the waits get where somebody has to change something, ms. */
const LONGEST_WAIT_FOR_CHANGE_MS = 5_000;

/** What a fetcher asks of Redis. */
export type Step =
  /** To make its connection known to others. */
  | 'announce'
  /** To hand out a job as soon as there is one. */
  | 'wait'
  /** To hand out the jobs that are there, by a script. */
  | 'take'
  /** To show what a take without an answer has brought. */
  | 'read';

/** What a fetcher does while Redis hands out no jobs: it says so once, and asks again after waits that grow. */
export class TakeTrouble {
  /**
   * Whether the wait for a job is refused for want of memory. Taking those that are there needs none: they only change
   * their place, and the memory is free when they are done.
   */
  isWaitRefused = false;
  private readonly backoff = new Backoff();
  private hasFailed = false;

  constructor(
    private readonly queue: string,
    private readonly keys: QueueKeys,
    private readonly log: Log,
  ) {}

  /** @returns how long to wait before Redis is asked again, ms. */
  failed(step: Step, error: unknown): number {
    const { hasFailed } = this;
    this.hasFailed = true;
    if (!isRefusal(error)) {
      // The next connection is awaited anyway.
      return hasFailed ? this.backoff.next() : 0;
    }
    const meaning = meaningOfRefusal(error) ?? 'stays';
    this.report(step, meaning, error);
    this.isWaitRefused = step === 'wait' && codeOfRefusal(error) === 'OOM';
    return this.isWaitRefused
      ? 0
      : this.backoff.next(meaning === 'stays' ? LONGEST_WAIT_FOR_CHANGE_MS : undefined);
  }

  /**
   * Redis has done what it was asked for.
   * @param count - how many jobs it has handed out.
   * @returns how long to wait before it is asked again, ms.
   */
  answered(step: Step, count: number): number {
    if (!this.hasFailed) {
      return 0;
    }
    if (step === 'take' && this.isWaitRefused && count === 0) {
      // Perhaps it lets us wait by now.
      this.isWaitRefused = false;
      return this.backoff.next();
    }
    if (step === 'wait' || count > 0) {
      this.backoff.reset();
    }
    if (step === 'wait' || (count > 0 && !this.isWaitRefused)) {
      this.over();
    }
    return 0;
  }

  private over(): void {
    this.hasFailed = false;
    if (this.log.over(this.kind)) {
      this.log.info(`Queue "${this.queue}" hands out jobs again`);
    }
  }

  private get kind(): string {
    return `take refused: ${this.queue}`;
  }

  private report(step: Step, meaning: RefusalMeaning, error: Error): void {
    const { keys, queue } = this;
    const what =
      step === 'announce'
        ? `The worker of queue "${queue}" takes no jobs, since it cannot be made known in "${keys.workers}"`
        : `Queue "${queue}" hands out no jobs`;
    this.log.repeated(
      this.kind,
      meaning === 'stays' ? 'error' : 'warn',
      `${what}: ${explainRefusal(error)}; ${this.advice(step, meaning, error)}`,
    );
  }

  private advice(step: Step, meaning: RefusalMeaning, error: Error): string {
    const { requests, workers } = this.keys;
    if (meaning === 'wrong server') {
      return 'trying again with the server that takes writes';
    }
    if (meaning === 'passes') {
      return codeOfRefusal(error) === 'OOM'
        ? 'free memory or raise `maxmemory`; those that wait are taken all the same where that needs no memory'
        : 'trying again until it can';
    }
    const key = step === 'announce' ? workers : requests;
    return codeOfRefusal(error) === 'WRONGTYPE'
      ? `trying again; rename or remove what is at "${key}"`
      : `trying again; allow the user of the workers what is refused, for the keys of the queue`;
  }
}
