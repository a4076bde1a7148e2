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

/** From this length of all replies on, bytes or UTF-16 units, a transaction costs less than letting Lua hash them. */
const MIN_TRANSACTION_LENGTH = 64 * 1024;

/**
 * Whether a job may be settled on another connection than others are: only where no call for its slot is on its way that
 * it could overtake. One whose reply is long goes in a transaction.
 */
const maySettleAndWait = ({ place, reply }: Outcome): boolean =>
  place.slot.holdsExactly(1) && (reply?.frame.length ?? 0) < MIN_TRANSACTION_LENGTH;

/** One call of the script that settles jobs, and what its answers mean for them. */
export class SettleCall {
  private readonly firstInput: SettleJobs;
  takes: readonly QueueTake[];

  /**
   * Asks queues how they get their next jobs, and begins a call that settles jobs and does that. It is to be carried out at once.
   * @param now - ms, Redis clock.
   * @param mayBeDone - whether Redis was asked for it before, without an answer.
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
    this.takes = parts.flatMap(({ queue, takes }) => takes.map((take) => ({ queue, take })));
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
   * It was not answered.
   * @returns its takes, which are not repeated: what they have brought may be too long for one answer.
   */
  markUnanswered(): readonly QueueTake[] {
    const { takes } = this;
    this.mayBeDone = true;
    this.takes = [];
    this.parts = this.parts.map((part) => ({ ...part, takes: [] }));
    return takes;
  }

  /** @throws what Redis refuses it with. */
  async carryOut(connection: Line): Promise<SettledJobs> {
    const { input } = this;
    if (!input.bypassesLua) {
      return connection.run(settleJobs, input);
    }
    try {
      return await connection.transact(settleLongJobs, input);
    } catch (error) {
      if (isRefusal(error) && codeOfRefusal(error) === 'OOM') {
        // A server without memory takes no command into a transaction. Better long texts through Lua than none.
        return connection.run(settleJobs, { ...input, bypassesLua: false });
      }
      this.mayBeDone = true; // the next jobs may have been taken
      throw error;
    }
  }

  /**
   * Carries it out in one write with the wait for the next job of its queue, where the queue has decided so.
   * @returns `undefined` where it has not, or that has come to nothing.
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

  /** It was not carried out, since some jobs are not where they were. @returns these, and the others. */
  splitMissing(missing: Missing): { readonly gone: SettlePart[]; readonly left: SettlePart[] } {
    const isGone = this.release.missingOf(missing);
    const held = this.parts.filter(({ areLost }) => !areLost);
    const gone = held.map(({ queue, outcomes }) => ({
      queue,
      outcomes: outcomes.filter(isGone),
      takes: [],
    }));
    const left = [
      ...held.map(({ queue, outcomes, takes }) => ({
        queue,
        outcomes: outcomes.filter((outcome) => !isGone(outcome)),
        takes,
      })),
      ...this.parts.filter(({ areLost }) => areLost),
    ];
    cancelRelease(left);
    return {
      gone: gone.filter(({ outcomes }) => outcomes.length > 0),
      left: left.filter(hasWork),
    };
  }

  /** It was refused. @returns what is to be asked for again: its takes only where they may have been carried out before. */
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

/** @returns a part whose queue has decided how it gets its next jobs. */
function withNext({ queue, outcomes }: SettlePart, mayWait: boolean): SettlePart {
  const next = queue.decideNext(MAX_JOBS_PER_CALL, mayWait && outcomes.every(maySettleAndWait));
  return {
    queue,
    outcomes,
    takes: next.kind === 'take' ? next.takes : NO_TAKES,
    wait: next.kind === 'wait' ? next.take : undefined,
  };
}
