import type { Log } from '../observability/log.js';
import { settleJobs, type SettleJobs } from '../protocol/scripts/settle-jobs.js';
import { beforeRetry, isRefusal } from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';
import type { Slot } from './slots.js';

/** Jobs settled by one call at most: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/** A job that has ended, in its slot. */
export interface Outcome {
  readonly slot: Slot;
  readonly reply?: OutcomeReply | undefined;
}

export interface OutcomeReply {
  readonly list: string;
  readonly text: string;
  /** How long it may lie unread, ms. */
  readonly ttl: number;
}

/** What the worker that is settled for hears, and says of itself. */
export interface SettlerOwner {
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Empty slots for as many next jobs as the worker has room for; none where it shall take none. */
  nextSlots(): Slot[];
  /** The slots of {@link nextSlots} have these jobs, the first the first; the others are still empty. */
  onNext(slots: readonly Slot[], elements: readonly string[]): void;
  /** Redis has confirmed that a slot is free. */
  onReleased(slot: Slot): void;
  /** So many jobs had been taken over by others, and are answered elsewhere. */
  onTaken(count: number): void;
  /** Nothing is on its way any more. */
  onIdle(): void;
}

/**
 * Pushes the replies of one turn of the event loop together, releases their slots and takes the next jobs, all in one
 * step. It asks again until Redis confirms; asking twice does no harm, because a slot that is released answers
 * nothing, and what was taken is found in its slot.
 */
export class Settler {
  private waiting: Outcome[] = [];
  private isScheduled = false;

  private underway = 0;

  constructor(
    private readonly connections: Connections,
    private readonly log: Log,
    private readonly owner: SettlerOwner,
  ) {}

  /** Whether nothing waits or is on its way. */
  get isIdle(): boolean {
    return !this.isScheduled && this.underway === 0;
  }

  add(outcome: Outcome): void {
    this.waiting.push(outcome);
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => this.flush());
    }
  }

  private flush(): void {
    this.isScheduled = false;
    const outcomes = this.waiting;
    this.waiting = [];
    const next = this.owner.nextSlots();
    for (let start = 0; start < outcomes.length; start += MOST_JOBS) {
      const isLast = start + MOST_JOBS >= outcomes.length;
      this.underway++;
      void this.settle(outcomes.slice(start, start + MOST_JOBS), isLast ? next : []).finally(() => {
        this.underway--;
        if (this.isIdle) {
          this.owner.onIdle();
        }
      });
    }
  }

  private async settle(outcomes: readonly Outcome[], next: readonly Slot[] = []): Promise<void> {
    const { requests } = this.owner;
    const input = { ...groupByList(outcomes), requests, next: next.map(({ key }) => key) };
    try {
      const { taken, jobs } = await this.connections.runUntilAnswered(settleJobs, input);
      if (taken > 0) {
        this.owner.onTaken(taken);
      }
      for (const { slot } of outcomes) {
        this.owner.onReleased(slot);
      }
      this.owner.onNext(next, jobs);
    } catch (error) {
      // Else the connections are closed for good: the lease runs out, and others take over what is left.
      if (isRefusal(error)) {
        // A refusal comes before anything was done.
        this.owner.onNext(next, []);
        await this.settleRefused(outcomes, error);
      }
    }
  }

  private async settleRefused(outcomes: readonly Outcome[], error: Error): Promise<void> {
    if (outcomes.length > 1) {
      // One that Redis will not have does not hold up the others.
      await Promise.all(outcomes.map((outcome) => this.settle([outcome])));
      return;
    }
    const list = outcomes[0]?.reply?.list;
    if (error.message.startsWith('WRONGTYPE')) {
      // It would never be one, and must not hold the slot for ever.
      this.log.error(`A reply cannot be pushed to "${list}" and is dropped: ${error.message}`);
      await this.settle(outcomes.map(({ slot }) => ({ slot })));
      return;
    }
    this.log.error(`A reply cannot be pushed to "${list}": ${error.message}; trying again`);
    await beforeRetry(error);
    await this.settle(outcomes);
  }
}

function groupByList(outcomes: readonly Outcome[]): Pick<SettleJobs, 'groups' | 'unanswered'> {
  const groups = new Map<
    string,
    { list: string; ttl: number; slots: string[]; frames: string[] }
  >();
  const unanswered: string[] = [];
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
  return { groups: [...groups.values()], unanswered };
}
