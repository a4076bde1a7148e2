import { Backoff } from '../../driver/backoff.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Driver } from '../../driver/driver.js';
import { endsWithin } from '../../driver/in-time.js';
import { meaningOfRefusal } from '../../driver/refusal.js';
import { nextTurn } from '../../driver/runtime.js';

/** After how long a blocking call that should end is asked to once more, ms: it may not have reached Redis yet. */
const FIRST_UNBLOCK_INTERVAL_MS = 20;

/** How long that gets when it was asked often. */
const MAX_UNBLOCK_INTERVAL_MS = 500;

/**
 * Ends blocking calls of one line as their own timeout would: a job that is being handed out still arrives. Where Redis refuses
 * to end a call, it is not asked again, and the call ends by itself.
 */
export class WaitInterruption {
  private isRefused = false;
  /** The answer of the call that was asked to end last, and the end of that call. */
  private answer: Promise<unknown> | undefined;
  private ended: Promise<void> = Promise.resolve();

  /** @param identity - that of the line now. */
  constructor(
    private readonly driver: Driver,
    private readonly identity: () => LineIdentity | undefined,
  ) {}

  /**
   * Ends a call, or goes on with ending the same one. Resolves when it has ended.
   * @param answer - of the call.
   * @param isUnderway - whether the call is not over yet, and what follows from its answer neither.
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
