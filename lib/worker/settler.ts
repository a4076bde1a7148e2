import { setImmediate } from 'node:timers';
import type { Log } from '../observability/log.js';
import type { Connections } from '../redis/connections.js';
import { beforeRetry } from '../redis/connection.js';
import { isRefusal } from '../redis/refusal.js';
import type { Outcome, SettledQueue } from './outcome.js';
import { maySettleAndWait, SettleCall, type SettlePart } from './settle-call.js';

/** Jobs that one call settles at most, and takes at most: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/** How often in a row queues that have no jobs are asked again together, before each waits on a connection of its own. */
const MOST_ASKS = 4;

/** About how long the replies of one call may be together, bytes or UTF-16 units: nobody else is served meanwhile. */
const CALL_LENGTH = 2 * 1024 * 1024;

/** A call that Redis would not carry out. */
interface Refusal {
  readonly call: SettleCall;
  readonly error: Error;
}

/**
 * Pushes the replies of one turn of the event loop together, those of all queues of this process, releases their jobs
 * and takes the next ones, all in one step. It asks again until Redis confirms; asking twice does no harm, because a job
 * that was released answers nothing, and what was taken is found in its slot.
 */
export class Settler {
  private waiting = new Map<SettledQueue, Outcome[]>();
  /** How many outcomes of a queue are on their way. */
  private readonly underway = new Counts();
  /** How many calls that may take jobs of a queue are on their way. */
  private readonly calls = new Counts();
  /** How often a queue was asked for jobs alone since one of its jobs ended. */
  private readonly asks = new Map<SettledQueue, number>();
  private isScheduled = false;

  /** @param announce - tells others of the connection for commands, so that what lies in our slots is looked after. */
  constructor(
    private readonly connections: Connections,
    private readonly log: Log,
    private readonly announce: () => Promise<void>,
  ) {}

  /** Whether outcomes of a queue wait or are on their way. */
  isSettling(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.underway.has(queue);
  }

  /** Whether a call that may take jobs of a queue waits or is on its way; what was refused may be tried for ever. */
  isAsking(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.calls.has(queue);
  }

  add(queue: SettledQueue, outcome: Outcome): void {
    this.asks.delete(queue);
    const outcomes = this.waiting.get(queue);
    if (outcomes) {
      outcomes.push(outcome);
    } else {
      this.waiting.set(queue, [outcome]);
      this.schedule();
    }
  }

  private schedule(): void {
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => this.flush());
    }
  }

  private flush(): void {
    this.isScheduled = false;
    const { waiting } = this;
    this.waiting = new Map();
    for (const parts of callsOf(waiting)) {
      for (const { queue, outcomes } of parts) {
        this.underway.add(queue, outcomes.length);
        this.calls.add(queue, 1);
      }
      void this.call(parts);
    }
  }

  /** Makes one call, which may take the next jobs of its queues. */
  private async call(parts: readonly SettlePart[]): Promise<void> {
    const refusal = await this.settle(parts);
    const repeated = refusal && this.repeat(refusal);
    for (const { queue } of parts) {
      this.calls.add(queue, -1);
    }
    this.rest(parts);
    await repeated;
  }

  /**
   * @param mayBeDone - whether Redis was asked for it before, without an answer.
   * @returns what was refused, if anything was.
   */
  private async settle(
    parts: readonly SettlePart[],
    mayBeDone = false,
  ): Promise<Refusal | undefined> {
    let isRepeated = mayBeDone;
    for (let left = parts; left.length > 0;) {
      let call: SettleCall | undefined;
      try {
        // In this order, so that calls reach Redis in the order in which they were made.
        if (!this.connections.isReady) {
          await this.connections.ready();
        }
        call = new SettleCall(left, this.connections.clock.now(), isRepeated);
        left = await this.send(call);
        // What is left may have taken its next jobs already.
        isRepeated = true;
      } catch (error) {
        // Else the connections are closed for good: the lease runs out, and others take over what is left.
        return call && isRefusal(error) ? { call, error } : undefined;
      }
    }
    return undefined;
  }

  /** @returns what is left to be asked for anew. */
  private async send(call: SettleCall): Promise<readonly SettlePart[]> {
    for (let isLost = false; ; isLost = true) {
      if (isLost) {
        // Not among what is tried again: it rejects once the connections are closed for good.
        await this.connections.ready();
      }
      try {
        if (isLost) {
          await this.announce();
        }
        const answer =
          (await call.carryOutAndWait()) ?? (await call.carryOut(this.connections.commands));
        if ('jobs' in answer) {
          this.settled(call.parts);
          call.handOut(answer.jobs);
          return [];
        }
        const { gone, left } = call.without(answer.missing);
        // What is not there any more when it is asked again was settled before.
        if (!call.mayBeDone) {
          this.reportTaken(gone);
        }
        this.settled(gone);
        return left;
      } catch (error) {
        if (isRefusal(error)) {
          throw error;
        }
        call.mayBeDone = true;
        await beforeRetry(error);
      }
    }
  }

  private settled(parts: readonly SettlePart[]): void {
    for (const { queue, outcomes } of parts) {
      for (const outcome of outcomes) {
        queue.onReleased(outcome);
      }
      this.underway.add(queue, -outcomes.length);
    }
  }

  /**
   * Leaves queues that no other call asks for jobs to their fetchers. Where there are several, or another call leaves anyway,
   * they are asked a few times more: one call for all costs less than a blocking one for each.
   */
  private rest(parts: readonly SettlePart[]): void {
    const queues = parts.map(({ queue }) => queue).filter((queue) => !this.isAsking(queue));
    const isShared = queues.length > 1 || this.isScheduled;
    for (const queue of queues) {
      const asks = this.asks.get(queue) ?? 0;
      if (isShared && asks < MOST_ASKS && queue.wantsJobs()) {
        this.asks.set(queue, asks + 1);
        this.waiting.set(queue, []);
        this.schedule();
      } else {
        this.asks.delete(queue);
        queue.onSettled();
      }
    }
  }

  /** One that Redis will not have does not hold up the others. */
  private async repeat({ call, error }: Refusal): Promise<void> {
    const singles = call.singles();
    const [only, ...others] = singles;
    if (only && others.length === 0) {
      await this.beforeRepeated(only, error);
    }
    await Promise.all(
      singles.map(async (single) => {
        const refusal = await this.settle([single], call.mayBeDone);
        await (refusal ? this.repeat(refusal) : this.rest([single]));
      }),
    );
  }

  private async beforeRepeated(
    { queue, outcomes: [outcome] }: SettlePart,
    error: Error,
  ): Promise<void> {
    if (outcome?.reply && error.message.startsWith('WRONGTYPE')) {
      // It would never be one, and must not hold the slot for ever.
      this.log.error(
        `A reply cannot be pushed to "${outcome.reply.list}" and is dropped: ${error.message}`,
      );
      outcome.reply = undefined;
      return;
    }
    const what = outcome
      ? `A reply cannot be pushed to "${outcome.reply?.list ?? outcome.place.key}"`
      : `Jobs cannot be taken from queue "${queue.name}"`;
    this.log.error(`${what}: ${error.message}; trying again`);
    await beforeRetry(error);
  }

  private reportTaken(parts: readonly SettlePart[]): void {
    for (const { queue, outcomes } of parts) {
      this.log.warn(
        `Redis no longer held ${outcomes.length} jobs of queue "${queue.name}" when they had been run: another ` +
          `worker has taken them over and answers them, or the server lost them`,
      );
    }
  }
}

/** How many there are of each queue. */
class Counts {
  private readonly counts = new Map<SettledQueue, number>();

  has(queue: SettledQueue): boolean {
    return this.counts.has(queue);
  }

  add(queue: SettledQueue, more: number): void {
    const count = (this.counts.get(queue) ?? 0) + more;
    if (count > 0) {
      this.counts.set(queue, count);
    } else {
      this.counts.delete(queue);
    }
  }
}

/** Cuts what has ended into calls that are not too long, and lets each queue take its next jobs in the last of them. */
function callsOf(waiting: ReadonlyMap<SettledQueue, readonly Outcome[]>): SettlePart[][] {
  const calls: SettlePart[][] = [];
  let call: SettlePart[] = [];
  let jobs = 0;
  let length = 0;
  for (const [queue, all] of waiting) {
    let outcomes: Outcome[] = [];
    for (const outcome of all) {
      const size = outcome.reply?.frame.length ?? 0;
      if (jobs === MOST_JOBS || (jobs > 0 && length + size > CALL_LENGTH)) {
        call.push({ queue, outcomes, takes: [] });
        calls.push(call);
        [call, outcomes, jobs, length] = [[], [], 0, 0];
      }
      outcomes.push(outcome);
      jobs++;
      length += size;
    }
    const isOne = waiting.size === 1 && all.length === 1;
    const andWaits = isOne && all.every(maySettleAndWait) && queue.waitsNext();
    call.push({ queue, outcomes, takes: andWaits ? [] : queue.takes(MOST_JOBS), andWaits });
  }
  calls.push(call);
  return calls;
}
