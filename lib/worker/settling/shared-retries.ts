import { Backoff } from '../../driver/backoff.js';
import { Gate } from '../../driver/gate.js';
import { longestWaitAfter } from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';

/** Longest time that a call waits for the leader, ms: the leader may be refused for a reason of its own. */
const MAX_WAIT_FOR_LEADER_MS = 30_000;

/**
 * Retries calls that Redis refuses for the same reason. However many there are, only one of them, the leader, retries; the others
 * follow when it has succeeded.
 */
export class SharedRetries {
  /** The call that retries for all; `undefined` while there is none. */
  private leader: symbol | undefined;
  /** Opens when the leader has succeeded or given up. */
  private readonly ends = new Gate();

  constructor(private readonly runtime: Runtime) {}

  /**
   * Makes a call, and repeats it while it fails.
   * @param onError - called with each error. @returns whether to retry.
   * @throws the error of the call, where it is not retried.
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
