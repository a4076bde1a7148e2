import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isRefusal,
  logLevelOf,
  longestWaitAfter,
  meaningOfRefusal,
  type RefusalMeaning,
} from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';

/** What a fetcher asks of Redis. */
export type FetchStep =
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
  /** What Redis refuses, so that no jobs are taken; `undefined` while they are. */
  refusal: string | undefined;
  private readonly backoff: Backoff;
  private hasFailed = false;

  constructor(
    private readonly queue: string,
    private readonly log: Log,
    runtime: Runtime,
  ) {
    this.backoff = new Backoff(runtime);
  }

  /** @returns how long to wait before Redis is asked again, ms. */
  failed(step: FetchStep, error: unknown): number {
    const { hasFailed } = this;
    this.hasFailed = true;
    if (!isRefusal(error)) {
      // The next connection is awaited anyway.
      return hasFailed ? this.backoff.next() : 0;
    }
    const meaning = meaningOfRefusal(error) ?? 'permanent';
    this.isWaitRefused = step === 'wait' && codeOfRefusal(error) === 'OOM';
    this.refusal = this.isWaitRefused ? undefined : explainRefusal(error);
    if (step !== 'announce') {
      this.report(meaning, error); // else the lease has said so
    }
    return this.isWaitRefused ? 0 : this.backoff.next(longestWaitAfter(error));
  }

  /**
   * Redis has done what it was asked for.
   * @param count - how many jobs it has handed out.
   * @returns how long to wait before it is asked again, ms.
   */
  answered(step: FetchStep, count: number): number {
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
    this.refusal = undefined;
    if (this.log.over(this.kind)) {
      this.log.info(`Taking jobs from queue "${this.queue}" again`);
    }
  }

  private get kind(): string {
    return `take refused: ${this.queue}`;
  }

  private report(meaning: RefusalMeaning, error: Error): void {
    const { queue } = this;
    const what = this.isWaitRefused
      ? `Cannot wait for new jobs of queue "${queue}", polling for them instead`
      : `Cannot take jobs from queue "${queue}"`;
    this.log.repeated(
      this.kind,
      logLevelOf(error),
      `${what}: ${explainRefusal(error)}; ${adviceFor(meaning, codeOfRefusal(error))}`,
    );
  }
}

function adviceFor(meaning: RefusalMeaning, code: string): string {
  if (meaning === 'wrong server') {
    return 'retrying on the server that accepts writes';
  }
  return code === 'OOM' ? 'free memory or raise `maxmemory`' : 'retrying';
}
