import { Backoff } from '../../driver/backoff.js';
import { Gate } from '../../driver/gate.js';
import { longestWaitAfter } from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';

/** How long those wait at most that another one tries for, ms: what it is refused with may concern it alone. */
const MAX_WAIT_FOR_LEADER_MS = 30_000;

/**
 * The waits between tries of calls that Redis refuses for one reason. However many there are, one of them tries whether it
 * has passed, and the others follow when that succeeds.
 */
export class SharedRetries {
  /** The one that tries; `undefined` while none does. */
  private leader: symbol | undefined;
  /** The one that tries has succeeded, or is over. */
  private readonly ends = new Gate();

  constructor(private readonly runtime: Runtime) {}

  /**
   * Makes a call again and again.
   * @param onError - hears why it has failed. @returns whether it is to be made again.
   * @throws its error where it is not.
   */
  async run<Output>(
    call: () => Promise<Output>,
    onError: (error: unknown) => boolean,
  ): Promise<Output> {
    const backoff = new Backoff(this.runtime);
    const self = Symbol();
    try {
      for (;;) {
        let longestMs: number | undefined;
        try {
          return await call();
        } catch (error) {
          if (!onError(error)) {
            throw error;
          }
          longestMs = longestWaitAfter(error);
        }
        this.leader ??= self;
        const { leader, runtime } = this;
        if (leader === self) {
          await backoff.wait(longestMs);
        } else {
          await this.ends.untilOrAfter(
            MAX_WAIT_FOR_LEADER_MS,
            () => this.leader !== leader,
            runtime,
          );
        }
      }
    } finally {
      if (this.leader === self) {
        this.leader = undefined;
        this.ends.wake();
      }
    }
  }
}
