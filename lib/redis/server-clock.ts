import type { Connection } from './connection.js';

/** How often the offset is measured; the best of these counts. */
const SAMPLES = 3;

/**
 * The server's clock, so that machines with wrong clocks agree on deadlines. It runs on by the monotonic clock
 * of this process, which no correction of the local time moves.
 */
export class ServerClock {
  private offset = Date.now() - performance.now();

  /** ms since the epoch, by the server; by the local clock before the first {@link measure}. */
  now(): number {
    return Math.round(performance.now() + this.offset);
  }

  async measure(connection: Connection): Promise<void> {
    let shortest = Infinity;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const sent = performance.now();
      const [seconds, microseconds] = await connection.send((redis) => redis.time());
      const received = performance.now();
      if (received - sent < shortest) {
        shortest = received - sent;
        const serverTime = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        this.offset = serverTime - (sent + received) / 2;
      }
    }
  }
}
