import { Backoff } from '../../driver/backoff.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Driver } from '../../driver/driver.js';
import { endsWithin } from '../../driver/in-time.js';
import { meaningOfRefusal } from '../../driver/refusal.js';
import { nextTurn } from '../../driver/runtime.js';

/** Wait before a blocking call is unblocked a second time, ms: the call may not have reached Redis the first time. */
const FIRST_UNBLOCK_INTERVAL_MS = 20;

/** Longest wait between two attempts to unblock a call, ms. */
const MAX_UNBLOCK_INTERVAL_MS = 500;

/**
 * Ends blocking calls of one line as their own timeout would: a job that is on its way still arrives. Where Redis refuses to
 * unblock a call, the call ends by its own timeout.
 */
export class WaitInterruption {
  private isRefused = false;
  /** The answer of the call that was interrupted last, and the end of that call. */
  private answer: Promise<unknown> | undefined;
  private ended: Promise<void> = Promise.resolve();

  /** @param identity - returns the identity of the current connection. */
  constructor(
    private readonly driver: Driver,
    private readonly identity: () => LineIdentity | undefined,
  ) {}

  /**
   * Ends a call; a second request for the same call waits for the first. Resolves when the call has ended.
   * @param answer - of the call.
   * @param isUnderway - whether the call, or the handling of its answer, is not over yet.
   */
  end(answer: Promise<unknown>, isUnderway: () => boolean): Promise<void> {
    if (answer !== this.answer) {
      this.answer = answer;
      this.ended = this.untilEnded(answer, isUnderway);
    }
    return this.ended;
  }

  private async untilEnded(answer: Promise<unknown>, isUnderway: () => boolean): Promise<void> {
    const { runtime } = this.driver;
    const answered = answer.catch(() => undefined);
    const interval = new Backoff(runtime, FIRST_UNBLOCK_INTERVAL_MS);
    this.isRefused = false;
    while (isUnderway()) {
      if (!this.isRefused) {
        void this.unblock();
      }
      await endsWithin(interval.next(MAX_UNBLOCK_INTERVAL_MS), answered, runtime, { ref: false });
      await nextTurn(runtime);
    }
  }

  private async unblock(): Promise<void> {
    const identity = this.identity();
    try {
      await (identity && this.driver.commands.unblock(identity));
    } catch (error) {
      this.isRefused = meaningOfRefusal(error) === 'permanent';
    }
  }
}
