import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Log } from '../../telemetry/log.js';
import { counted } from '../../errors/counted.js';
import type { JobRun } from './job-run.js';
import type { JobHandler } from '../worker-options.js';

/** Time between two checks of the runs, ms. */
const CHECK_INTERVAL_MS = 1_000;

/** Time that a run may go on after its end, ms, before a warning: any run, and runs that use up the concurrency. */
const MAX_OVERDUE_MS = 30_000;
const MAX_OVERDUE_WHEN_FULL_MS = 5_000;

/** Time that runs without a deadline or a timeout may use up the concurrency before a warning, ms. */
const MAX_UNLIMITED_WHEN_FULL_MS = 5 * 60_000;

/** Shortest time between two warnings, ms. */
const MIN_WARNING_INTERVAL_MS = 60_000;

/**
 * Warns of handlers that hang. A run counts against the concurrency until its handler has returned, even when its caller was
 * answered long ago. When such runs use up the concurrency, the worker starts no jobs and nothing else would say why.
 */
export class OverdueRuns {
  private timer: Timer | undefined;
  /** The time when each overdue run was first seen. */
  private overdueSince = new Map<JobRun, number>();
  private warnedAt = -Infinity;

  constructor(
    private readonly handler: Pick<JobHandler, 'name' | 'queue' | 'concurrency' | 'timeout'>,
    private readonly runs: Iterable<JobRun>,
    private readonly log: Log,
    private readonly runtime: Runtime,
  ) {}

  watch(): void {
    this.timer ??= this.runtime.setInterval(() => this.check(), CHECK_INTERVAL_MS).unref();
  }

  stop(): void {
    this.runtime.clear(this.timer);
    this.timer = undefined;
  }

  private check(): void {
    const now = this.runtime.now();
    const running = [...this.runs].filter((run) => !run.hasEnded);
    const overdue = running.filter(isOverdue);
    const { overdueSince } = this;
    this.overdueSince = new Map(overdue.map((run) => [run, overdueSince.get(run) ?? now]));
    const warning = this.overdueWarning(overdue, now) ?? this.endlessWarning(running, now);
    if (warning === undefined) {
      return;
    }
    if (now - this.warnedAt >= MIN_WARNING_INTERVAL_MS) {
      this.warnedAt = now;
      this.log.warn(warning);
    }
  }

  private overdueWarning(overdue: readonly JobRun[], now: number): string | undefined {
    const { name, queue, concurrency } = this.handler;
    const isLongOver = (limit: number) => (run: JobRun) =>
      now - (this.overdueSince.get(run) ?? now) >= limit;
    const holdsAll = overdue.filter(isLongOver(MAX_OVERDUE_WHEN_FULL_MS)).length >= concurrency;
    if (!holdsAll && !overdue.some(isLongOver(MAX_OVERDUE_MS))) {
      return undefined;
    }
    return (
      `${name} still runs ${counted(overdue.length, 'job')} of queue "${queue}" (concurrency ${concurrency}) that nobody waits for ` +
      `(answered, timed out, cancelled or past their deadline); the oldest run started ${ageOf(overdue, now)} ago. ` +
      (holdsAll ? 'This worker starts no other job of the queue until one of them returns. ' : '') +
      `Pass \`job.signal\` to everything that the handler awaits, so that it returns when the signal aborts.`
    );
  }

  private endlessWarning(running: readonly JobRun[], now: number): string | undefined {
    const { name, queue, concurrency, timeout } = this.handler;
    const endless = running.filter(
      ({ startedAt, context }) =>
        timeout === 0 &&
        context.deadline === undefined &&
        now - startedAt >= MAX_UNLIMITED_WHEN_FULL_MS,
    );
    if (endless.length < concurrency) {
      return undefined;
    }
    return (
      `${name} runs as many jobs of queue "${queue}" as its concurrency allows (${concurrency}), and none of them has a deadline ` +
      `or a timeout; the oldest run started ${ageOf(endless, now)} ago. This worker starts no other job of the queue until one ` +
      `of them returns. If they hang, set a \`timeout\` for the handler or its callers; if they need that long, raise \`concurrency\`.`
    );
  }
}

/** Whether nobody waits for the handler of a run any more. */
const isOverdue = ({ isAnswered, context }: JobRun): boolean =>
  isAnswered || context.timeLeft() === 0;

function ageOf(runs: readonly JobRun[], now: number): string {
  const seconds = Math.round((now - Math.min(...runs.map(({ startedAt }) => startedAt))) / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
