import type { Log } from '../../telemetry/log.js';
import { jobCount } from '../job-count.js';
import type { Outcome } from './outcome.js';
import type { SettlePart } from './settle-part.js';

/** What is no longer where it was to be settled. */
export interface MissingParts {
  /** Jobs that the server has lost, with replies that somebody may wait for. */
  readonly lost: readonly SettlePart[];
  /** Jobs that others answer, or nobody. */
  readonly others: readonly SettlePart[];
}

/**
 * Tells jobs that the server has lost from those that another worker has taken over. A server that is another one than that
 * which handed a job out (a failover, a restart) may lack the last writes: then nobody else knows of the job, or whoever
 * finds it in the queue runs it once more. A reply does no harm in either case, since its caller takes the first.
 * @param server - the `run_id` of the server that does not hold the jobs; `undefined` where it does not tell.
 * @param now - ms, Redis clock.
 */
export function separateLost(
  gone: readonly SettlePart[],
  server: string | undefined,
  now: number,
): MissingParts {
  const isLost = ({ place, reply }: Outcome): boolean =>
    reply !== undefined &&
    server !== undefined &&
    place.slot.server !== undefined &&
    place.slot.server !== server &&
    (reply.deadline === undefined || reply.deadline > now);
  const lost: SettlePart[] = [];
  const others: SettlePart[] = [];
  for (const part of gone) {
    const found = part.outcomes.filter(isLost);
    if (found.length > 0) {
      lost.push({ queue: part.queue, outcomes: found, takes: [], areLost: true });
    }
    if (found.length < part.outcomes.length) {
      others.push({ ...part, outcomes: part.outcomes.filter((outcome) => !isLost(outcome)) });
    }
  }
  return { lost, others };
}

/** Says which replies are pushed although the server does not hold their jobs. */
export function reportLost(log: Log, lost: readonly SettlePart[]): void {
  for (const { queue, outcomes } of lost) {
    log.repeated(
      `jobs lost: ${queue.name}`,
      'warn',
      `Redis lost ${jobCount(outcomes.length)} of queue "${queue.name}" during a run: a different server answers now, which ` +
        `lacks the last writes of the one before; pushing the replies anyway`,
    );
  }
}
