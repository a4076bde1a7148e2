import type { Log } from '../observability/log.js';
import { settleJobs, type ReplyGroup, type SettleJobs } from '../protocol/scripts/settle-jobs.js';
import { beforeRetry, isRefusal } from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';
import type { Slot } from './slots.js';

/** Jobs that one call settles at most, and takes at most: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/** About how long the replies of one call may be together, UTF-16 units: nobody else is served meanwhile. */
const CALL_LENGTH = 1024 * 1024;

/** A job that has ended, in its slot. */
export interface Outcome {
  readonly slot: Slot;
  reply?: OutcomeReply | undefined;
}

export interface OutcomeReply {
  readonly list: string;
  readonly text: string;
  /** How long it may lie unread, ms. */
  readonly ttl: number;
}

/** A queue whose jobs are settled: what it hears, and what it says of itself. */
export interface SettledQueue {
  readonly name: string;
  /** The list of waiting jobs. */
  readonly requests: string;
  /** So many empty slots for its next jobs, or fewer; none where it shall take none. */
  nextSlots(most: number): Slot[];
  /** The slots of {@link nextSlots} have these jobs, the first the first; the others are still empty. */
  onNext(slots: readonly Slot[], jobs: readonly string[]): void;
  /** Redis has confirmed that the slot is free. */
  onReleased(outcome: Outcome): void;
  /** Nothing of it waits or is on its way any more. */
  onSettled(): void;
}

/** What one call does for one queue. */
interface Part {
  readonly queue: SettledQueue;
  readonly outcomes: readonly Outcome[];
  readonly next: readonly Slot[];
}

/**
 * Pushes the replies of one turn of the event loop together, those of all queues of this process, releases their slots
 * and takes the next jobs, all in one step. It asks again until Redis confirms; asking twice does no harm, because a slot
 * that is released answers nothing, and what was taken is found in its slot.
 */
export class Settler {
  private waiting = new Map<SettledQueue, Outcome[]>();
  /** How many outcomes of a queue are on their way. */
  private readonly underway = new Map<SettledQueue, number>();
  private isScheduled = false;

  /** @param announce - tells others of the connection for commands, so that what lies in our slots is looked after. */
  constructor(
    private readonly connections: Connections,
    private readonly log: Log,
    private readonly announce: () => Promise<void>,
  ) {}

  /** Whether something of a queue waits or is on its way. */
  isSettling(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.underway.has(queue);
  }

  add(queue: SettledQueue, outcome: Outcome): void {
    const outcomes = this.waiting.get(queue);
    if (outcomes) {
      outcomes.push(outcome);
    } else {
      this.waiting.set(queue, [outcome]);
    }
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => this.flush());
    }
  }

  private flush(): void {
    this.isScheduled = false;
    const { waiting } = this;
    this.waiting = new Map();
    for (const [queue, outcomes] of waiting) {
      this.underway.set(queue, (this.underway.get(queue) ?? 0) + outcomes.length);
    }
    for (const call of callsOf(waiting)) {
      void this.settle(call);
    }
  }

  private async settle(parts: readonly Part[]): Promise<void> {
    try {
      await this.settleUntilAnswered(parts);
    } catch (error) {
      // Else the connections are closed for good: the lease runs out, and others take over what is left.
      if (isRefusal(error)) {
        await this.settleRefused(parts, error);
      }
    }
  }

  private async settleUntilAnswered(parts: readonly Part[]): Promise<void> {
    const takers = parts.filter(({ next }) => next.length > 0);
    for (let isRepeated = false; ; isRepeated = true) {
      await this.connections.ready();
      try {
        if (isRepeated && takers.length > 0) {
          await this.announce();
        }
        const input = inputOf(parts, takers, isRepeated);
        const { taken, jobs } = await this.connections.commands.run(settleJobs, input);
        // What is not there when it is asked again was settled before.
        if (taken > 0 && !isRepeated) {
          this.reportTaken(taken, parts);
        }
        parts.forEach((part) => this.settled(part));
        takers.forEach(({ queue, next }, index) => queue.onNext(next, jobs[index] ?? []));
        parts.forEach(({ queue }) => this.rest(queue));
        return;
      } catch (error) {
        if (isRefusal(error)) {
          throw error;
        }
        await beforeRetry(error);
      }
    }
  }

  private settled({ queue, outcomes }: Part): void {
    for (const outcome of outcomes) {
      queue.onReleased(outcome);
    }
    const left = (this.underway.get(queue) ?? 0) - outcomes.length;
    if (left > 0) {
      this.underway.set(queue, left);
    } else {
      this.underway.delete(queue);
    }
  }

  private rest(queue: SettledQueue): void {
    if (!this.isSettling(queue)) {
      queue.onSettled();
    }
  }

  /** A refusal comes before anything was done. */
  private async settleRefused(parts: readonly Part[], error: Error): Promise<void> {
    for (const { queue, next } of parts) {
      if (next.length > 0) {
        queue.onNext(next, []);
      }
    }
    const singles = parts.flatMap(({ queue, outcomes }) =>
      outcomes.map((outcome) => ({ queue, outcomes: [outcome] as const, next: [] })),
    );
    if (singles.length > 1) {
      // One that Redis will not have does not hold up the others.
      await Promise.all(singles.map((part) => this.settle([part])));
      return;
    }
    for (const { outcomes } of singles) {
      await this.beforeRepeated(outcomes[0], error);
    }
    await this.settle(singles);
  }

  private async beforeRepeated(outcome: Outcome, error: Error): Promise<void> {
    const { reply, slot } = outcome;
    if (reply && error.message.startsWith('WRONGTYPE')) {
      // It would never be one, and must not hold the slot for ever.
      this.log.error(
        `A reply cannot be pushed to "${reply.list}" and is dropped: ${error.message}`,
      );
      outcome.reply = undefined;
    } else {
      this.log.error(
        `A reply cannot be pushed to "${reply?.list ?? slot.key}": ${error.message}; trying again`,
      );
      await beforeRetry(error);
    }
  }

  private reportTaken(count: number, parts: readonly Part[]): void {
    const queues = parts.map(({ queue }) => `"${queue.name}"`).join(', ');
    this.log.warn(
      `Redis no longer held ${count} jobs of queue ${queues} when they had been run: another worker has taken ` +
        `them over and answers them, or the server lost them`,
    );
  }
}

/** Cuts what has ended into calls that are not too long, and lets each queue take its next jobs in the last of them. */
function callsOf(waiting: ReadonlyMap<SettledQueue, readonly Outcome[]>): Part[][] {
  const calls: Part[][] = [];
  let call: Part[] = [];
  let jobs = 0;
  let length = 0;
  for (const [queue, outcomes] of waiting) {
    let part: Outcome[] = [];
    for (const outcome of outcomes) {
      const size = outcome.reply?.text.length ?? 0;
      if (jobs === MOST_JOBS || (jobs > 0 && length + size > CALL_LENGTH)) {
        call.push({ queue, outcomes: part, next: [] });
        calls.push(call);
        [call, part, jobs, length] = [[], [], 0, 0];
      }
      part.push(outcome);
      jobs++;
      length += size;
    }
    const taken = call.reduce((sum, { next }) => sum + next.length, 0);
    call.push({ queue, outcomes: part, next: queue.nextSlots(MOST_JOBS - taken) });
  }
  calls.push(call);
  return calls;
}

function inputOf(parts: readonly Part[], takers: readonly Part[], isRepeated: boolean): SettleJobs {
  const groups = new Map<string, Writable<ReplyGroup>>();
  const unanswered: string[] = [];
  for (const { outcomes } of parts) {
    for (const { slot, reply } of outcomes) {
      if (!reply) {
        unanswered.push(slot.key);
        continue;
      }
      let group = groups.get(reply.list);
      if (!group) {
        group = { list: reply.list, ttl: 0, slots: [], frames: [] };
        groups.set(reply.list, group);
      }
      group.ttl = Math.max(group.ttl, reply.ttl);
      group.slots.push(slot.key);
      group.frames.push(reply.text);
    }
  }
  const queues = takers.map(({ queue, next }) => ({
    requests: queue.requests,
    next: next.map(({ key }) => key),
  }));
  return { groups: [...groups.values()], unanswered, queues, isRepeated };
}

type Writable<Group> = {
  -readonly [Field in keyof Group]: Group[Field] extends readonly (infer Each)[]
    ? Each[]
    : Group[Field];
};
