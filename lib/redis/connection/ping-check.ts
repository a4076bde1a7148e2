import { endsWithin } from '../../driver/in-time.js';
import { nextTurn, type Runtime } from '../../driver/runtime.js';
import type { OwnRedis } from './own-redis.js';

/** How long a server may take to answer after a quiet time, ms. */
const PING_TIMEOUT_MS = 1_000;

/** Asks a server that was quiet whether it is still there, once for all who want to know. */
export class PingCheck {
  private running: Promise<void> | undefined;

  constructor(
    private readonly own: OwnRedis,
    private readonly runtime: Runtime,
  ) {}

  /** Resolves when the server has answered. Where it does not answer soon, the connection is replaced. */
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
    // Where the event loop was blocked, the answer has come but was not read yet.
    await nextTurn(this.runtime);
    if (!isOver && this.own.socket === socket) {
      this.own.replace();
    }
  }
}
