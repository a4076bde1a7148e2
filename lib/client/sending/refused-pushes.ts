import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import { explainRefusal, isHandover, longestWaitAfter } from '../../driver/refusal.js';
import type { Runtime, Timer } from '../../driver/runtime.js';

/** Number of jobs that Redis must accept in one push to count as working again. */
const RECOVERED_ALLOWANCE_JOBS = 1_024;

/** Maximum number of queues that one log line names. */
const MAX_LOGGED_QUEUES = 3;

const LOG_KIND = 'push refused';

/**
 * Delays jobs while Redis refuses them temporarily. After a wait one job is pushed, then two, then four: a server that has
 * memory for one job does not get all waiting jobs at once.
 */
export class RefusedPushes {
  /** Last refusal of Redis; `undefined` while it accepts jobs. */
  reason: string | undefined;
  /** Maximum number of jobs that are pushed together. */
  allowance = Infinity;
  private readonly retryDelay: Backoff;
  private timer: Timer | undefined;

  /** @param onRetry - is called when a wait is over. */
  constructor(
    private readonly log: Log,
    private readonly onRetry: () => void,
    private readonly runtime: Runtime,
  ) {
    this.retryDelay = new Backoff(runtime);
  }

  /** Whether no job may be pushed at the moment. */
  get isWaiting(): boolean {
    return this.timer !== undefined;
  }

  refused(refusal: Error, queues: Iterable<string>): void {
    const reason = explainRefusal(refusal);
    this.reason = reason;
    this.allowance = 1;
    const wait = this.retryDelay.next(longestWaitAfter(refusal));
    this.timer ??= this.runtime.setTimeout(() => this.endWait(), wait).unref();
    if (isHandover(refusal)) {
      return;
    }
    this.log.repeated(
      LOG_KIND,
      'warn',
      `Redis refuses jobs for ${namesOf(queues)} (${reason}); they are kept and pushed again until Redis accepts them or they expire`,
    );
  }

  /** Notes that Redis accepted all jobs of a push. @param areMore - whether other jobs wait. */
  accepted(areMore: boolean): void {
    this.allowance *= 2;
    if (this.reason !== undefined && (!areMore || this.allowance > RECOVERED_ALLOWANCE_JOBS)) {
      this.reason = undefined;
      this.allowance = Infinity;
      this.retryDelay.reset();
      if (this.log.over(LOG_KIND)) {
        this.log.info('Redis accepts jobs again');
      }
    }
  }

  /** Ends a wait early. */
  endWait(): void {
    if (this.timer) {
      this.runtime.clear(this.timer);
      this.timer = undefined;
      this.onRetry();
    }
  }
}

function namesOf(queues: Iterable<string>): string {
  const names = [...new Set(queues)];
  const shown = names.slice(0, MAX_LOGGED_QUEUES).map((name) => `queue "${name}"`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
