import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  longestWaitAfter,
  meaningOfRefusal,
} from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import type { SettleCall } from './settle-call.js';
import { splitIntoSingles, type SettlePart } from './settle-part.js';

/** A call that Redis would not carry out. */
export interface Refusal {
  readonly call: SettleCall;
  readonly error: Error;
}

/** The settler whose calls were refused. */
export interface RefusalOwner {
  /** Makes a call. @returns what was refused, if anything was. */
  settle(parts: readonly SettlePart[], mayBeDone: boolean): Promise<Refusal | undefined>;
  /** A call was carried out after all. */
  onCarriedOut(parts: readonly SettlePart[]): void;
}

/** The kind of line for a refusal that meets all calls. */
const ALL_REPLIES_REFUSED = 'replies refused';

/**
 * Makes refused calls again until Redis carries them out: no reply is dropped for a refusal that passes. Any other may be of
 * one job, which does not hold up those that were to be settled with it.
 */
export class RefusedSettles {
  constructor(
    private readonly log: Log,
    private readonly owner: RefusalOwner,
    private readonly runtime: Runtime,
  ) {}

  async retryUntilAccepted(refused: Refusal): Promise<void> {
    const backoff = new Backoff(this.runtime);
    let parts: readonly SettlePart[] = [];
    for (let refusal: Refusal | undefined = refused; refusal;) {
      const { call, error } = refusal;
      parts = call.toRetry();
      if (parts.length === 0) {
        return; // it was to take jobs only, which others will
      }
      const singles = isPermanent(error) ? splitIntoSingles(parts) : [];
      if (singles.length > 1) {
        await Promise.all(singles.map((single) => this.tryAlone(single, call.mayBeDone)));
        return;
      }
      if (!this.discardReply(parts, error)) {
        this.report(parts, error);
        await backoff.wait(longestWaitAfter(error));
      }
      refusal = await this.owner.settle(parts, call.mayBeDone);
    }
    this.reportOver(parts);
    this.owner.onCarriedOut(parts);
  }

  private async tryAlone(part: SettlePart, mayBeDone: boolean): Promise<void> {
    const refusal = await this.owner.settle([part], mayBeDone);
    await (refusal ? this.retryUntilAccepted(refusal) : this.owner.onCarriedOut([part]));
  }

  /** A list that is none never takes the reply, which must not hold its slot for ever. @returns whether it was dropped. */
  private discardReply([part]: readonly SettlePart[], error: Error): boolean {
    const outcome = part?.outcomes[0];
    if (!part || !outcome?.reply || codeOfRefusal(error) !== 'WRONGTYPE') {
      return false;
    }
    const { queue } = part;
    this.log.repeated(
      `reply dropped: ${queue.name}`,
      'error',
      `Cannot push a reply of queue "${queue.name}" to "${outcome.reply.list}", discarding the reply: ${explainRefusal(error)}`,
    );
    outcome.reply = undefined;
    return true;
  }

  private report([part]: readonly SettlePart[], error: Error): void {
    if (!part) {
      return;
    }
    if (!isPermanent(error)) {
      const text = `Redis refuses replies (${explainRefusal(error)}); keeping them and retrying`;
      this.log.repeated(ALL_REPLIES_REFUSED, 'error', text);
      return;
    }
    const { queue, outcomes } = part;
    const [outcome] = outcomes;
    const what = outcome
      ? `Cannot push a reply of queue "${queue.name}" to "${outcome.reply?.list ?? outcome.place.key}"`
      : `Cannot take jobs from queue "${queue.name}"`;
    this.log.repeated(kindOf(part), 'error', `${what}: ${explainRefusal(error)}; retrying`);
  }

  private reportOver(parts: readonly SettlePart[]): void {
    if (this.log.over(ALL_REPLIES_REFUSED)) {
      this.log.info('Redis accepts replies again');
    }
    for (const part of parts) {
      this.log.over(kindOf(part));
    }
  }
}

const isPermanent = (error: Error): boolean => meaningOfRefusal(error) === 'permanent';

const kindOf = ({ queue, outcomes }: SettlePart): string =>
  `${outcomes.length > 0 ? 'reply' : 'take'} refused: ${queue.name}`;
