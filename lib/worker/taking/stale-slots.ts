import { asRedelivered } from '../../protocol/wire/job-element.js';
import type { Driver } from '../../driver/driver.js';
import {
  codeOfRefusal,
  explainRefusal,
  isHandover,
  isRefusal,
  logLevelOfHeldWork,
} from '../../driver/refusal.js';
import type { Log } from '../../telemetry/log.js';
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
    private readonly queue: string,
    private readonly log: Log,
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
    contents.forEach((content, index) => {
      if (content.status === 'rejected' && !isOtherType(content.reason)) {
        this.report(slots[index]?.key, content.reason);
        throw content.reason;
      }
    });
    this.log.over(this.logKind);
    this.checkedServer = server;
  }

  private get logKind(): string {
    return `free slots refused: ${this.queue}`;
  }

  private report(slot: string | undefined, error: unknown): void {
    if (isRefusal(error) && !isHandover(error)) {
      const what = `Cannot read slot "${slot}" of queue "${this.queue}", in which a failover may have left jobs`;
      this.log.repeated(
        this.logKind,
        logLevelOfHeldWork(error),
        `${what} (${explainRefusal(error)}); taking no jobs until it can be read`,
      );
    }
  }
}

/** Whether a key is not a list, so that it holds no jobs. */
const isOtherType = (error: unknown): boolean =>
  isRefusal(error) && codeOfRefusal(error) === 'WRONGTYPE';
