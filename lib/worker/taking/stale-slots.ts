import { asRedelivered } from '../../protocol/wire/job-element.js';
import type { Driver } from '../../driver/driver.js';
import { meaningOfRefusal } from '../../driver/refusal.js';
import type { Intake } from './intake.js';
import { readList } from '../../protocol/operations/lists.js';

/**
 * Makes sure that slots that are free are empty in Redis when the server is another one than before. It may lack the last
 * writes (a failover, a restart), so that jobs lie in them that had been settled: perhaps unanswered, they start once more, as
 * after the loss of a worker. On one and the same server, a slot that is free is empty for sure.
 */
export class StaleSlots {
  /** The `run_id` of the server that was looked at; `undefined` before the first, on which nothing is stale. */
  private checkedServer: string | undefined;

  constructor(
    private readonly driver: Driver,
    private readonly intake: Intake,
  ) {}

  /** Whether the server that there is now was looked at. */
  get areChecked(): boolean {
    return this.driver.commands.identity?.server === this.checkedServer;
  }

  /** Looks at the server that there is now, unless it is the one that was looked at. Nothing is taken meanwhile. */
  async check(): Promise<void> {
    const { commands } = this.driver;
    const server = commands.identity?.server;
    if (server === this.checkedServer) {
      return;
    }
    const slots = this.checkedServer === undefined ? [] : this.intake.takeFreeSlots();
    const contents = await commands.settled((run) =>
      slots.map(({ key }) => run(readList, { list: key, first: 0, last: -1 })),
    );
    slots.forEach((slot, index) => {
      const content = contents[index];
      const jobs = content?.status === 'fulfilled' ? content.value : [];
      this.intake.fillSlot(
        slot,
        jobs.map((job) => job && asRedelivered(job)),
        server,
      );
    });
    if (contents.every(isFinal)) {
      this.checkedServer = server;
    }
  }
}

/** Whether it was read, or never will be: what is no list holds no jobs. */
const isFinal = (content: PromiseSettledResult<unknown>): boolean =>
  content.status === 'fulfilled' || meaningOfRefusal(content.reason) === 'permanent';
