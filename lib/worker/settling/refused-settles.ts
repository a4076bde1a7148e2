import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import {
  codeOfRefusal,
  explainRefusal,
  isHandover,
  logLevelOfHeldWork,
  longestWaitAfter,
  meaningOfRefusal,
} from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import type { SettleCall } from './settle-call.js';
import { splitIntoSingles, type SettlePart } from './settle-part.js';

/** A call that Redis has refused. */
export interface Refusal {
  readonly call: SettleCall;
  readonly error: Error;
}

/** The part of the settler that the retries use. */
export interface RefusalOwner {
  /** Makes a call. @returns the refusal, if the call was refused. */
  settle(parts: readonly SettlePart[], mayBeDone: boolean): Promise<Refusal | undefined>;
  /** Called when a refused call was carried out after all. */
  onCarriedOut(parts: readonly SettlePart[]): void;
}

/** The kind of log line for a refusal that affects all calls. */
const ALL_REPLIES_REFUSED = 'replies refused';

/**
 * Retries refused calls until Redis carries them out, so that no reply is discarded for a temporary refusal. A lasting refusal may
 * concern one job only: each outcome is retried alone then, so that one bad reply does not block the others.
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
        return; // the call was to take jobs only, which later calls do
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

  /**
   * Discards a reply whose list key is not a list, because it can never be pushed and must not block its slot for ever.
   * @returns whether it was discarded.
   */
  private discardReply([part]: readonly SettlePart[], error: Error): boolean {
    const outcome = part?.outcomes[0];
    if (!part || !outcome?.reply || codeOfRefusal(error) !== 'WRONGTYPE') {
      return false;
    }
    const { queue } = part;
    this.log.repeated(
      `reply dropped: ${queue.name}`,
      'error',
      `Cannot push a reply of queue "${queue.name}" to "${outcome.reply.list}" (${explainRefusal(error)}); discarding the reply`,
    );
    outcome.reply = undefined;
    return true;
  }

  private report([part]: readonly SettlePart[], error: Error): void {
    if (!part || isHandover(error)) {
      return;
    }
    if (!isPermanent(error)) {
      const text = `Redis refuses replies (${explainRefusal(error)}); keeping them and retrying`;
      this.log.repeated(ALL_REPLIES_REFUSED, logLevelOfHeldWork(error), text);
      return;
    }
    const text = `Cannot ${workOf(part)} (${explainRefusal(error)}); retrying`;
    this.log.repeated(kindOf(part), 'error', text);
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

/** Returns what a refused part would have done, for the log. */
function workOf({ queue, outcomes: [outcome] }: SettlePart): string {
  if (!outcome) {
    return `take jobs from queue "${queue.name}"`;
  }
  return outcome.reply
    ? `push a reply of queue "${queue.name}" to "${outcome.reply.list}"`
    : `remove a job of queue "${queue.name}" from "${outcome.place.key}"`;
}
