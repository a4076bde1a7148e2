import type { Log } from '../../telemetry/log.js';
import { counted } from '../../errors/counted.js';
import type { Outcome } from './outcome.js';
import type { SettlePart } from './settle-part.js';

/** Jobs that were not in their slots when they were to be settled. */
export interface MissingParts {
  /** Jobs that the server has lost, with replies that a caller may wait for. */
  readonly lost: readonly SettlePart[];
  /** Jobs that another worker runs again, or that need no reply. */
  readonly others: readonly SettlePart[];
}

/**
 * Distinguishes jobs that the server has lost from jobs that another worker has recovered. After a failover or a restart, the server may
 * lack the last writes: either nobody else knows of the job, or it is in the queue again and runs once more. The reply does no harm
 * in either case, because the caller takes the first one.
 * @param missing - jobs that were not in their slots.
 * @param server - the `run_id` of the server that does not hold the jobs; `undefined` where it is unknown.
 * @param now - ms, Redis clock.
 */
export function separateLost(
  missing: readonly SettlePart[],
  server: string | undefined,
  now: number,
): MissingParts {
  const isLost = ({ place, reply }: Outcome): boolean =>
    reply !== undefined &&
    place.slot.isOfFormerServer(server) &&
    (reply.deadline === undefined || reply.deadline > now);
  const lost: SettlePart[] = [];
  const others: SettlePart[] = [];
  for (const part of missing) {
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

/** Logs how many replies are pushed although the server has lost their jobs. */
export function reportLost(log: Log, lost: readonly SettlePart[]): void {
  for (const { queue, outcomes } of lost) {
    log.repeated(
      `jobs lost: ${queue.name}`,
      'warn',
      `A different server answers now, which does not hold ${counted(outcomes.length, 'running job')} of queue "${queue.name}": ` +
        `it lacks the last writes of the one before, or another worker has recovered them; pushing the replies anyway`,
    );
  }
}
