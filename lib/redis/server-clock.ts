import type { Connection } from './connection/connection.js';

/** How often the offset is measured; the best of these counts. */
const SAMPLES = 3;

/** The monotonic clock itself, whatever a test of an application puts in its place later. */
const monotonic = performance.now.bind(performance);
const { timeOrigin } = performance;

/**
 * The server's clock, so that machines with wrong clocks agree on deadlines. It runs on by the monotonic clock
 * of this process, which no correction of the local time moves.
 */
export class ServerClock {
  private offset = timeOrigin;

  /** ms since the epoch, by the server; by the local clock before the first {@link measure}. */
  now(): number {
    return Math.round(monotonic() + this.offset);
  }

  async measure(connection: Connection): Promise<void> {
    let shortest = Infinity;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const sent = monotonic();
      const [seconds, microseconds] = await connection.send((redis) => redis.time());
      const received = monotonic();
      if (received - sent < shortest) {
        shortest = received - sent;
        const serverTime = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        this.offset = serverTime - (sent + received) / 2;
      }
    }
  }
}
