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

/**
 * Pushes the replies of one turn of the event loop together and releases their slots in the same step. It asks
 * again until Redis confirms; asking twice does no harm, because a slot that is released answers nothing.
 */
export class Settler {
  private waiting: Outcome[] = [];
  private isScheduled = false;

  constructor(
    private readonly connections: Connections,
    private readonly log: Log,
    private readonly onReleased: (slot: Slot) => void,
    /** Hears how many jobs others had taken over, so that they are answered elsewhere. */
    private readonly onTaken: (count: number) => void,
  ) {}

  add(outcome: Outcome): void {
    this.waiting.push(outcome);
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        const outcomes = this.waiting;
        this.waiting = [];
        for (let start = 0; start < outcomes.length; start += MOST_JOBS) {
          void this.settle(outcomes.slice(start, start + MOST_JOBS));
        }
      });
    }
  }

  private async settle(outcomes: readonly Outcome[]): Promise<void> {
    try {
      const taken = await this.connections.runUntilAnswered(settleJobs, groupByList(outcomes));
      if (taken > 0) {
        this.onTaken(taken);
      }
    } catch (error) {
      // Else the connections are closed for good: the lease runs out, and others take over what is left.
      if (isRefusal(error)) {
        await this.settleRefused(outcomes, error);
      }
      return;
    }
    for (const { slot } of outcomes) {
      this.onReleased(slot);
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

function groupByList(outcomes: readonly Outcome[]): SettleJobs {
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
