import type { Log } from '../../telemetry/log.js';
import { Backoff } from '../../driver/backoff.js';
import type { Driver } from '../../driver/driver.js';
import {
  explainRefusal,
  isRefusal,
  logLevelOfHeldWork,
  longestWaitAfter,
} from '../../driver/refusal.js';
import type { Take } from './intake.js';
import { SlotReader } from './slot-reader.js';

/**
 * Reads the slots of takes that were sent on the connection for commands and were not answered. The next connection reads them:
 * the server has closed the first one by then, so that the content of the slots is final. Slots are read one after the other,
 * because the answers together may have been too long for the connection.
 */
export class UnansweredTakes {
  /** Resolves when the latest read is over. */
  private underway: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly driver: Driver,
    private readonly log: Log,
  ) {}

  /**
   * @returns the jobs in the slot of a take; `undefined` once the connections are closed for good: the lease lapses then, and
   * another worker recovers the slot.
   */
  async read(take: Take, queue: string): Promise<readonly string[] | undefined> {
    const { driver, log } = this;
    const kind = `taken slot refused: ${queue}`;
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
          log.repeated(
            kind,
            logLevelOfHeldWork(error),
            `${what} (${explainRefusal(error)}); retrying`,
          );
        }
        await backoff.wait(longestWaitAfter(error));
      }
    }
    return undefined;
  }

  /** Queues a read after the others. A read that fails is retried after the others. */
  private inTurn<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    const turn = this.underway.then(read);
    this.underway = turn.catch(() => undefined);
    return turn;
  }
}
