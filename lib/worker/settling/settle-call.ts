import { replyTtl } from '../../protocol/reply-ttl.js';
import {
  settleJobs,
  type Missing,
  type ReplyGroup,
  type SettledJobs,
  type SettleJobs,
} from '../../protocol/operations/settle-jobs.js';
import type { Line } from '../../driver/line.js';
import { codeOfRefusal, isRefusal } from '../../driver/refusal.js';
import type { Take } from '../taking/intake.js';
import type { Outcome, SettledQueue } from './outcome.js';
import { isWanted, type SettlePart } from './settle-part.js';
import type { Slot } from '../taking/slots.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import { settleLongJobs } from '../../protocol/operations/settle-long-jobs.js';

/** A take of one queue. */
export interface TakeOf {
  readonly queue: SettledQueue;
  readonly take: Take;
}

/** From this length of all replies on, bytes or UTF-16 units, a transaction costs less than letting Lua hash them. */
const LONG_TOGETHER = 64 * 1024;

/**
 * Whether a job may be settled on another connection than others are: only where no call for its slot is on its way that
 * it could overtake. One whose reply is long goes in a transaction.
 */
export const maySettleAndWait = ({ place, reply }: Outcome): boolean =>
  place.slot.holdsJust(1) && (reply?.frame.length ?? 0) < LONG_TOGETHER;

/** One call of the script that settles jobs, and what its answers mean for them. */
export class SettleCall {
  private readonly first: SettleJobs;
  takes: readonly TakeOf[];
  /** The slots that are released as a whole, in the order of the input. */
  private readonly slots: Slot[] = [];
  /** The outcomes whose places are released by themselves, in the order of the input. */
  private readonly alone: Outcome[] = [];

  /** @param now - ms, Redis clock. */
  constructor(
    public parts: readonly SettlePart[],
    now: number,
    /** Whether Redis was asked for it before, without an answer. */
    public mayBeDone: boolean,
  ) {
    const places: Place[] = [];
    for (const [slot, outcomes] of this.outcomesBySlot()) {
      if (slot.holdsJust(outcomes.length)) {
        this.slots.push(slot);
      } else {
        places.push(...outcomes.map(({ place }) => place));
        this.alone.push(...outcomes);
      }
      for (const { place } of outcomes) {
        slot.leave(place);
      }
    }
    const groups = this.groupsAt(now);
    this.takes = parts.flatMap(({ queue, takes }) => takes.map((take) => ({ queue, take })));
    this.first = {
      slots: this.slots.map(({ key }) => key),
      places,
      groups,
      isBeside:
        this.takes.some(({ take }) => take.isLong) ||
        groups.reduce((sum, { frames }) => sum + lengthOf(frames), 0) >= LONG_TOGETHER,
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
    const { first, mayBeDone } = this;
    return mayBeDone === first.isRepeated
      ? first
      : { ...first, takes: this.takes.length > 0 ? first.takes : [], isRepeated: mayBeDone };
  }

  /**
   * It was not answered.
   * @returns its takes, which are not repeated: what they have brought may be too long for one answer.
   */
  lost(): readonly TakeOf[] {
    const { takes } = this;
    this.mayBeDone = true;
    this.takes = [];
    this.parts = this.parts.map((part) => ({ ...part, takes: [] }));
    return takes;
  }

  /** @throws what Redis refuses it with. */
  async carryOut(connection: Line): Promise<SettledJobs> {
    const { input } = this;
    if (!input.isBeside) {
      return connection.run(settleJobs, input);
    }
    try {
      return await connection.transact(settleLongJobs, input);
    } catch (error) {
      if (isRefusal(error) && codeOfRefusal(error) === 'OOM') {
        // A server without memory takes no command into a transaction. Better long texts through Lua than none.
        return connection.run(settleJobs, { ...input, isBeside: false });
      }
      this.mayBeDone = true; // the next jobs may have been taken
      throw error;
    }
  }

  /**
   * Carries it out in one write with the wait for the next job of its queue, where it is to.
   * @returns `undefined` where it is not, or that has come to nothing.
   */
  async carryOutAndWait(): Promise<SettledJobs | undefined> {
    const [part] = this.parts;
    if (!part?.andWaits || this.mayBeDone) {
      return undefined;
    }
    try {
      return await part.queue.settleAndWait(this.input);
    } catch (error) {
      this.mayBeDone = !isRefusal(error);
      return undefined;
    }
  }

  /** It was not carried out, since some jobs are not where they were. @returns these, and the others. */
  without(missing: Missing): { readonly gone: SettlePart[]; readonly left: SettlePart[] } {
    const slots = new Set(missing.slots.map((index) => this.slots[index]));
    const alone = new Set(missing.places.map((index) => this.alone[index]));
    const isGone = (outcome: Outcome): boolean =>
      alone.has(outcome) || slots.has(outcome.place.slot);
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
    this.cancel(left);
    return {
      gone: gone.filter(({ outcomes }) => outcomes.length > 0),
      left: left.filter(isWanted),
    };
  }

  /** It was refused. @returns what is to be asked for again: its takes only where they may have been carried out before. */
  again(): SettlePart[] {
    this.cancel(this.parts);
    return this.parts
      .map(({ queue, outcomes, takes, areLost }) => ({
        queue,
        outcomes,
        takes: this.mayBeDone ? takes : [],
        ...(areLost && { areLost }),
      }))
      .filter(isWanted);
  }

  private cancel(parts: readonly SettlePart[]): void {
    for (const { outcomes } of parts) {
      for (const { place } of outcomes) {
        place.slot.stay(place);
      }
    }
  }

  private outcomesBySlot(): Map<Slot, Outcome[]> {
    const bySlot = new Map<Slot, Outcome[]>();
    for (const { outcomes, areLost } of this.parts) {
      for (const outcome of areLost ? [] : outcomes) {
        const { slot } = outcome.place;
        const others = bySlot.get(slot);
        if (others) {
          others.push(outcome);
        } else {
          bySlot.set(slot, [outcome]);
        }
      }
    }
    return bySlot;
  }

  private groupsAt(now: number): ReplyGroup[] {
    const groups = new Map<string, { frames: (string | Buffer)[]; deadline: number | undefined }>();
    for (const { outcomes } of this.parts) {
      for (const { reply } of outcomes) {
        if (!reply) {
          continue;
        }
        const { list, frame, deadline } = reply;
        const group = groups.get(list);
        if (group) {
          group.frames.push(frame);
          group.deadline = later(group.deadline, deadline);
        } else {
          groups.set(list, { frames: [frame], deadline });
        }
      }
    }
    return [...groups].map(([list, { frames, deadline }]) => ({
      list,
      frames,
      ttl: replyTtl(now, deadline),
    }));
  }
}

const lengthOf = (frames: readonly (string | Buffer)[]): number =>
  frames.reduce((sum, { length }) => sum + length, 0);

/** @returns `undefined`, which is never, where one of them is. */
const later = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.max(one, other);
