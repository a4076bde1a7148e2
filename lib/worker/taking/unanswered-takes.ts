import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import type { Driver } from '../../driver/driver.js';
import { explainRefusal, isRefusal, longestWaitAfter } from '../../driver/refusal.js';
import type { Take } from './intake.js';
import { SlotReader } from './slot-reader.js';

/**
 * Reads what takes have brought that went on the connection for commands and were not answered, on the one after it: the
 * server has forgotten the first by then, so that what is in their slots is final. One is read after the other, since all of
 * them together may be what the connection was lost over.
 */
export class UnansweredTakes {
  /** Resolves when the last read that has begun is over. */
  private underway: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly driver: Driver,
    private readonly log: Log,
  ) {}

  /** @returns `undefined` once the connections are closed for good: the lease runs out, and others look after the slot. */
  async read(take: Take, queue: string): Promise<readonly string[] | undefined> {
    const { driver, log } = this;
    const kind = `slot refused: ${queue}`;
    const reading = new SlotReader(take);
    const backoff = new Backoff(driver.runtime);
    while (driver.state !== 'closed') {
      try {
        await driver.ready();
        const jobs = await this.inTurn(() => reading.read(driver.commands));
        log.over(kind);
        return jobs;
      } catch (error) {
        if (isRefusal(error)) {
          const what = `Cannot read slot "${take.slot.key}" of queue "${queue}", so that its jobs wait`;
          log.repeated(kind, 'error', `${what}: ${explainRefusal(error)}; retrying`);
        }
        await backoff.wait(longestWaitAfter(error));
      }
    }
    return undefined;
  }

  /** One that fails lets the others go before it tries again. */
  private inTurn<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    const turn = this.underway.then(read);
    this.underway = turn.catch(() => undefined);
    return turn;
  }
}
