import { explainRefusal, isRefusal, meaningOfRefusal } from '../driver/refusal.js';
import type { Runtime } from '../driver/runtime.js';
import { UnusableServerError } from '../driver/server-trouble.js';
import { SYSTEM_TIME_ORIGIN_MS } from '../driver/system-runtime.js';
import type { Connection } from './connection/connection.js';

/** How often the offset is measured; the best of these counts. */
const CLOCK_SAMPLES = 3;

/**
 * The server's clock, so that machines with wrong clocks agree on deadlines. It runs on by the monotonic clock
 * of this process, which no correction of the local time moves.
 */
export class ServerClock {
  private offset = SYSTEM_TIME_ORIGIN_MS;

  constructor(private readonly runtime: Runtime) {}

  /** ms since the epoch, by the server; by the local clock before the first {@link measure}. */
  now(): number {
    return Math.round(this.runtime.now() + this.offset);
  }

  /** @throws UnusableServerError where the server does not tell its time; and what breaks the connection. */
  async measure(connection: Pick<Connection, 'send'>): Promise<void> {
    let shortest = Infinity;
    for (let sample = 0; sample < CLOCK_SAMPLES; sample++) {
      const sent = this.runtime.now();
      const [seconds, microseconds] = await timeOf(connection);
      const received = this.runtime.now();
      if (received - sent < shortest) {
        shortest = received - sent;
        const serverTime = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        this.offset = serverTime - (sent + received) / 2;
      }
    }
  }
}

async function timeOf(connection: Pick<Connection, 'send'>): Promise<unknown[]> {
  try {
    return await connection.send((redis) => redis.time());
  } catch (error) {
    throw meaningOfRefusal(error) === 'permanent' && isRefusal(error)
      ? new UnusableServerError(
          `does not tell the time, which deadlines and leases need: ${explainRefusal(error)}`,
        )
      : error;
  }
}
