import { Backoff } from '../../driver/backoff.js';
import { longestWaitAfter } from '../../driver/refusal.js';
import { delay, type Runtime } from '../../driver/runtime.js';

/** How long those wait at most that another one tries for, ms: what it is refused with may concern it alone. */
const LONGEST_WAIT_MS = 30_000;

/**
 * The waits between tries of calls that Redis refuses for one reason. However many there are, one of them tries whether it
 * has passed, and the others follow when that succeeds.
 */
export class RefusedTurns {
  /** Resolves when the one that tries has succeeded, or is over; `undefined` while none does. */
  private trying: Promise<void> | undefined;

  constructor(private readonly runtime: Runtime) {}

  /**
   * Makes a call again and again.
   * @param onError - hears why it has failed. @returns whether it is to be made again.
   * @throws its error where it is not.
   */
  async insist<Output>(
    call: () => Promise<Output>,
    onError: (error: unknown) => boolean,
  ): Promise<Output> {
    const backoff = new Backoff(this.runtime);
    let onEnd: (() => void) | undefined;
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
        if (onEnd || !this.trying) {
          onEnd ??= this.begin();
          await backoff.wait(longestMs);
        } else {
          await Promise.race([this.trying, delay(this.runtime, LONGEST_WAIT_MS)]);
        }
      }
    } finally {
      onEnd?.();
    }
  }

  private begin(): () => void {
    let onEnd = (): void => undefined;
    this.trying = new Promise((resolve) => {
      onEnd = resolve;
    });
    return () => {
      this.trying = undefined;
      onEnd();
    };
  }
}
