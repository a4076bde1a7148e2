import { Backoff } from '../../driver/backoff.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Driver } from '../../driver/driver.js';
import { meaningOfRefusal } from '../../driver/refusal.js';
import { nextTurn } from '../../driver/runtime.js';

/** After how long a blocking call that should end is asked to once more, ms: it may not have reached Redis yet. */
const FIRST_INTERVAL_MS = 20;

/** How long that gets when it was asked often. */
const LONGEST_INTERVAL_MS = 500;

/**
 * Ends a blocking call as its own timeout would: a job that is being handed out still arrives. Where Redis refuses to end it,
 * it is not asked again, and the call ends by itself.
 */
export class WaitInterruption {
  private isRefused = false;

  /** @param identity - that of the connection of the call now. */
  constructor(
    private readonly connections: Driver,
    private readonly identity: () => LineIdentity | undefined,
  ) {}

  /**
   * @param answer - of the call.
   * @param isUnderway - whether the call is not over yet, and what follows from its answer neither.
   */
  async end(answer: Promise<unknown>, isUnderway: () => boolean): Promise<void> {
    const { runtime } = this.connections;
    const answered = answer.catch(() => undefined);
    const interval = new Backoff(runtime, FIRST_INTERVAL_MS);
    while (isUnderway()) {
      if (!this.isRefused) {
        void this.unblock();
      }
      const pause = interval.wait(LONGEST_INTERVAL_MS);
      await Promise.race([answered, pause]);
      await nextTurn(runtime);
    }
  }

  private async unblock(): Promise<void> {
    const identity = this.identity();
    try {
      await (identity && this.connections.commands.unblock(identity));
    } catch (error) {
      this.isRefused = meaningOfRefusal(error) === 'stays';
    }
  }
}
