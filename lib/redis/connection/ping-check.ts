import { endsWithin } from '../../driver/in-time.js';
import { nextTurn, type Runtime } from '../../driver/runtime.js';
import type { OwnRedis } from './own-redis.js';

/** How long a quiet server may take to answer. */
const PING_TIMEOUT_MS = 1_000;

/** Checks that a quiet server still answers. Concurrent callers share one ping. */
export class PingCheck {
  private running: Promise<void> | undefined;

  constructor(
    private readonly own: OwnRedis,
    private readonly runtime: Runtime,
  ) {}

  /** Resolves when the server has answered. If it does not answer soon, the connection is replaced. */
  check(): Promise<void> {
    this.running ??= this.ping().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async ping(): Promise<void> {
    const { socket } = this.own;
    let isOver = false;
    const answered = this.own
      .send((redis) => redis.ping())
      .catch(() => undefined) // a refusal is an answer, too
      .finally(() => {
        isOver = true;
      });
    await endsWithin(PING_TIMEOUT_MS, answered, this.runtime);
    // If the event loop was blocked, the answer may have arrived without being read.
    await nextTurn(this.runtime);
    if (!isOver && this.own.socket === socket) {
      this.own.replace();
    }
  }
}
