import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import type { Runtime, Timer } from '../../driver/runtime.js';

/** Jobs that leave together from which on Redis counts as working again. */
const RECOVERED_ALLOWANCE_JOBS = 1_024;

/** Names of queues in one line of the log. */
const MAX_LOGGED_QUEUES = 3;

const LOG_KIND = 'push refused';

/**
 * Holds jobs back while Redis refuses them for a reason that passes. After a wait one of them tries whether it has passed, then
 * two, then four: a server that has just enough memory for one job is not sent all that wait.
 */
export class RefusedPushes {
  /** What Redis last said; `undefined` while it takes jobs. */
  reason: string | undefined;
  /** How many jobs may leave together. */
  allowance = Infinity;
  private readonly retryDelay: Backoff;
  private timer: Timer | undefined;

  /** @param onRetry - a wait is over. */
  constructor(
    private readonly log: Log,
    private readonly onRetry: () => void,
    private readonly runtime: Runtime,
  ) {
    this.retryDelay = new Backoff(runtime);
  }

  /** Whether nothing may leave at the moment. */
  get isWaiting(): boolean {
    return this.timer !== undefined;
  }

  refused(reason: string, queues: Iterable<string>): void {
    this.reason = reason;
    this.allowance = 1;
    this.timer ??= this.runtime.setTimeout(() => this.endWait(), this.retryDelay.next()).unref();
    this.log.repeated(
      LOG_KIND,
      'warn',
      `Redis refuses jobs for ${namesOf(queues)} (${reason}); they are kept and pushed again until Redis accepts them or they expire`,
    );
  }

  /** Redis took all jobs that tried. @param areMore - whether others wait. */
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

  /** Ends a wait before its time. */
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
