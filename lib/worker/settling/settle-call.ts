import {
  settleJobs,
  type Missing,
  type SettledJobs,
  type SettleJobs,
} from '../../protocol/operations/settle-jobs.js';
import { settleLongJobs } from '../../protocol/operations/settle-long-jobs.js';
import type { Line } from '../../driver/line.js';
import { codeOfRefusal, isRefusal } from '../../driver/refusal.js';
import type { Take } from '../taking/intake.js';
import type { Outcome, SettledQueue } from './outcome.js';
import { cancelRelease, Release } from './release.js';
import { totalLength, replyGroups } from './reply-groups.js';
import { MAX_JOBS_PER_CALL } from './settle-batches.js';
import { hasWork, NO_TAKES, type SettlePart } from './settle-part.js';

/** A take of one queue. */
export interface QueueTake {
  readonly queue: SettledQueue;
  readonly take: Take;
}

/** Length of all replies from which a transaction costs less than letting Lua hash them, bytes or UTF-16 units. */
const MIN_TRANSACTION_LENGTH = 64 * 1024;

/**
 * Whether a job may be settled on the connection of the fetcher: only where no other call for its slot is underway, which the
 * settle could overtake, and where the reply is too short for a transaction.
 */
const maySettleAndWait = ({ place, reply }: Outcome): boolean =>
  place.slot.holdsExactly(1) && (reply?.frame.length ?? 0) < MIN_TRANSACTION_LENGTH;

/** One call of the script that settles jobs, and what its answers mean for the jobs. */
export class SettleCall {
  private readonly firstInput: SettleJobs;
  takes: readonly QueueTake[];

  /**
   * Lets each queue decide how it gets its next jobs, and begins the call. It has to be carried out at once.
   * @param now - ms, Redis clock.
   * @param mayBeDone - whether the same call was sent before, without an answer.
   */
  static begin(parts: readonly SettlePart[], now: number, mayBeDone: boolean): SettleCall {
    const mayWait = parts.length === 1 && parts[0]?.outcomes.length === 1;
    const decided = parts.map((part) => (part.needsNext ? withNext(part, mayWait) : part));
    return new SettleCall(decided, Release.begin(decided), now, mayBeDone);
  }

  private constructor(
    public parts: readonly SettlePart[],
    private readonly release: Release,
    now: number,
    public mayBeDone: boolean,
  ) {
    this.takes = takesOf(parts);
    const groups = replyGroups(parts, now);
    this.firstInput = {
      slots: release.slotKeys,
      places: release.places,
      groups,
      bypassesLua:
        this.takes.some(({ take }) => take.isLong) || totalLength(groups) >= MIN_TRANSACTION_LENGTH,
      takes: this.takes.map(({ queue, take: { slot, most, isLong } }) => ({
        requests: queue.requests,
        slot: slot.key,
        most,
        isLong,
      })),
      isRepeated: mayBeDone,
    };
  }

  get input(): SettleJobs {
    const { firstInput, mayBeDone } = this;
    const takes = this.takes.length > 0 ? firstInput.takes : [];
    return mayBeDone === firstInput.isRepeated && takes.length === firstInput.takes.length
      ? firstInput
      : { ...firstInput, takes, isRepeated: mayBeDone };
  }

  /**
   * Notes that the call was not answered.
   * @returns its takes, which are not repeated: their jobs may be too long for one answer.
   */
  markUnanswered(): readonly QueueTake[] {
    const { takes } = this;
    this.mayBeDone = true;
    this.takes = [];
    this.parts = this.parts.map((part) => ({ ...part, takes: [] }));
    return takes;
  }

  /** @throws the refusal of Redis, or the loss of the connection. */
  async carryOut(connection: Line): Promise<SettledJobs> {
    const { input } = this;
    if (!input.bypassesLua) {
      return connection.run(settleJobs, input);
    }
    try {
      return await connection.transact(settleLongJobs, input);
    } catch (error) {
      if (isRefusal(error) && codeOfRefusal(error) === 'OOM') {
        // A server that is out of memory refuses the commands of a transaction, but not the script, which frees memory.
        return connection.run(settleJobs, { ...input, bypassesLua: false });
      }
      this.mayBeDone = true; // the next jobs may have been taken
      throw error;
    }
  }

  /**
   * Carries out the call in one write with the wait for the next job, where the queue has decided so.
   * @returns `undefined` where it has not, or where the call has failed.
   */
  async carryOutAndWait(): Promise<SettledJobs | undefined> {
    const [part] = this.parts;
    if (!part?.wait || this.mayBeDone) {
      return undefined;
    }
    try {
      return await part.queue.settleAndWait(this.input, part.wait);
    } catch (error) {
      this.mayBeDone = !isRefusal(error);
      return undefined;
    }
  }

  /** Splits a call that was not carried out because some jobs were not in their slots. @returns these jobs, and the rest. */
  splitMissing(missing: Missing): {
    readonly missingParts: SettlePart[];
    readonly remaining: SettlePart[];
  } {
    const isMissing = this.release.missingOf(missing);
    const held = this.parts.filter(({ areLost }) => !areLost);
    const missingParts = held.map(({ queue, outcomes }) => ({
      queue,
      outcomes: outcomes.filter(isMissing),
      takes: [],
    }));
    const remaining = [
      ...held.map(({ queue, outcomes, takes }) => ({
        queue,
        outcomes: outcomes.filter((outcome) => !isMissing(outcome)),
        takes,
      })),
      ...this.parts.filter(({ areLost }) => areLost),
    ];
    cancelRelease(remaining);
    return {
      missingParts: missingParts.filter(({ outcomes }) => outcomes.length > 0),
      remaining: remaining.filter(hasWork),
    };
  }

  /** Cancels a call that was refused. @returns the parts to retry, with their takes only where they may have been carried out before. */
  toRetry(): SettlePart[] {
    cancelRelease(this.parts);
    return this.parts
      .map(({ queue, outcomes, takes, areLost }) => ({
        queue,
        outcomes,
        takes: this.mayBeDone ? takes : [],
        ...(areLost && { areLost }),
      }))
      .filter(hasWork);
  }
}

/** Lets the queue of a part decide how it gets its next jobs. */
function withNext({ queue, outcomes }: SettlePart, mayWait: boolean): SettlePart {
  const next = queue.decideNext(MAX_JOBS_PER_CALL, mayWait && outcomes.every(maySettleAndWait));
  return {
    queue,
    outcomes,
    takes: next.kind === 'take' ? next.takes : NO_TAKES,
    wait: next.kind === 'wait' ? next.take : undefined,
  };
}

/** Loops, because `flatMap` takes some fifteen times as long, and a call may be for many queues. */
function takesOf(parts: readonly SettlePart[]): QueueTake[] {
  const all: QueueTake[] = [];
  for (const { queue, takes } of parts) {
    for (const take of takes) {
      all.push({ queue, take });
    }
  }
  return all;
}
