import { messageOf, stackOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import { counted } from '../../errors/counted.js';
import type { Outcome, SettledQueue } from './outcome.js';
import type { SettlePart } from './settle-part.js';
import type { QueueTake } from './settle-call.js';

/**
 * Notifies queues of the results of calls. This may run code of the application: an error that it throws is logged, is not taken
 * for a failure of Redis, and does not keep other queues from being notified.
 */
export class QueueNotifier {
  constructor(private readonly log: Log) {}

  notifyReleased(queue: SettledQueue, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      try {
        queue.onReleased(outcome);
      } catch (error) {
        this.report(queue, error);
      }
    }
  }

  /** @param jobs - the jobs of each take; none for takes that were not carried out. */
  notifyTaken(takes: readonly QueueTake[], jobs: readonly (readonly string[])[]): void {
    takes.forEach(({ queue, take }, index) => {
      try {
        queue.onTaken(take, jobs[index] ?? []);
      } catch (error) {
        this.report(queue, error);
      }
    });
  }

  notifyUnanswered(takes: readonly QueueTake[]): void {
    for (const { queue, take } of takes) {
      try {
        queue.onUnanswered(take);
      } catch (error) {
        this.report(queue, error);
      }
    }
  }

  notifySettled(queue: SettledQueue): void {
    try {
      queue.onSettled();
    } catch (error) {
      this.report(queue, error);
    }
  }

  /** Warns of jobs that were not in their slots. */
  warnMissing(parts: readonly SettlePart[]): void {
    for (const { queue, outcomes } of parts) {
      this.log.repeated(
        `jobs gone: ${queue.name}`,
        'warn',
        `Redis no longer held ${counted(outcomes.length, 'job')} of queue "${queue.name}" after the run: another worker ` +
          `recovered them and runs them again, or the server lost them; discarding the replies`,
      );
    }
  }

  private report({ name }: SettledQueue, error: unknown): void {
    this.log.repeated(
      `settled job threw: ${name}`,
      'error',
      `Unexpected error after settling a job of queue "${name}": ${messageOf(error)}`,
      stackOf(error),
    );
  }
}
