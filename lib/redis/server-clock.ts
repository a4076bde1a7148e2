import { explainRefusal, isRefusal, meaningOfRefusal } from '../driver/refusal.js';
import type { Runtime } from '../driver/runtime.js';
import { UnusableServerError } from '../driver/server-trouble.js';
import { SYSTEM_TIME_ORIGIN_MS } from '../driver/system-runtime.js';
import type { Connection } from './connection/connection.js';

/** Number of requests for the time in one measurement. The fastest answer counts. */
const CLOCK_SAMPLES = 3;

/**
 * The server's clock, so that machines with wrong clocks agree on deadlines. Between measurements it follows the monotonic clock of
 * this process, which corrections of the local time do not change.
 */
export class ServerClock {
  private offset = SYSTEM_TIME_ORIGIN_MS;

  constructor(private readonly runtime: Runtime) {}

  /** @returns ms since the epoch by the server's clock; by the local clock before the first {@link measure}. */
  now(): number {
    return Math.round(this.runtime.now() + this.offset);
  }

  /** @throws UnusableServerError if the server refuses TIME permanently; the error of a lost connection. */
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
          `does not report its time, which deadlines and leases need: ${explainRefusal(error)}`,
        )
      : error;
  }
}
