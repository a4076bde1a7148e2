import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isHandover,
  isRefusal,
  logLevelOf,
  longestWaitAfter,
  meaningOfRefusal,
  type RefusalMeaning,
} from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';

/** A step of the fetch loop that Redis may refuse. */
export type FetchStep =
  /** Announces the connection to other workers. */
  | 'announce'
  /** Waits for a job. */
  | 'wait'
  /** Takes the jobs that are in the queue now, by a script. */
  | 'take'
  /** Reads the slot of a take that was not answered. */
  | 'read';

/** The trouble of a fetcher that cannot take jobs: it is logged once, and the fetcher retries after waits that grow. */
export class TakeTrouble {
  /**
   * Whether Redis refuses the wait for a job because it is out of memory. Jobs in the queue can still be taken: they only move to
   * another list, and settling them frees memory.
   */
  isWaitRefused = false;
  /** The refusal of Redis that keeps jobs from being taken, in words; `undefined` while jobs are taken. */
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

  /** Notes that a step has failed. @returns how long to wait before the next step, ms. */
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
    // The lease logs what keeps a worker from being announced.
    if (step !== 'announce' && !isHandover(error)) {
      this.report(meaning, error);
    }
    return this.isWaitRefused ? 0 : this.backoff.next(longestWaitAfter(error));
  }

  /**
   * Notes that a step has succeeded.
   * @param count - how many jobs the step has brought.
   * @returns how long to wait before the next step, ms.
   */
  answered(step: FetchStep, count: number): number {
    if (!this.hasFailed) {
      return 0;
    }
    if (step === 'take' && this.isWaitRefused && count === 0) {
      // Redis may accept the wait by now.
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
      ? `wait for new jobs of queue "${queue}"`
      : `take jobs from queue "${queue}"`;
    const next = this.isWaitRefused ? 'polling until it works; ' : '';
    this.log.repeated(
      this.kind,
      logLevelOf(error),
      `Cannot ${what} (${explainRefusal(error)}); ${next}${adviceFor(meaning, codeOfRefusal(error))}`,
    );
  }
}

function adviceFor(meaning: RefusalMeaning, code: string): string {
  if (meaning === 'wrong server') {
    return 'retrying on the server that accepts writes';
  }
  return code === 'OOM' ? 'free memory or raise `maxmemory`' : 'retrying';
}
