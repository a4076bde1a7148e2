import { asRedelivered } from '../../protocol/wire/job-element.js';
import type { Driver } from '../../driver/driver.js';
import { meaningOfRefusal } from '../../driver/refusal.js';
import type { Intake } from './intake.js';
import { readList } from '../../protocol/operations/lists.js';

/**
 * Checks that free slots are empty in Redis when a different server answers than before. After a failover or a restart the server
 * may lack the last writes, so that a free slot still holds jobs that were settled. Their replies may be lost as well, so that such
 * jobs run once more, as after the loss of a worker. On the same server, a free slot is empty for sure.
 */
export class StaleSlots {
  /** The `run_id` of the server that was checked last; `undefined` before the first server, on which no slot is stale. */
  private checkedServer: string | undefined;

  constructor(
    private readonly driver: Driver,
    private readonly intake: Intake,
  ) {}

  /** Whether the server that answers now was checked last. */
  get areChecked(): boolean {
    return this.driver.commands.lastRunId === this.checkedServer;
  }

  /**
   * Checks the server that answers now, unless it was checked last. No jobs are taken meanwhile.
   * @throws where a slot could not be read, and may be later.
   */
  async check(): Promise<void> {
    const { commands } = this.driver;
    const server = commands.lastRunId;
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
    const unread = contents.find((content) => !isFinal(content));
    if (unread?.status === 'rejected') {
      throw unread.reason;
    }
    this.checkedServer = server;
  }
}

/** Whether a slot was read, or never can be: a key that is not a list holds no jobs. */
const isFinal = (content: PromiseSettledResult<unknown>): boolean =>
  content.status === 'fulfilled' || meaningOfRefusal(content.reason) === 'permanent';
