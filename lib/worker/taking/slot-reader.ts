import type { Line } from '../../driver/line.js';
import { asRedelivered } from '../../protocol/wire/job-element.js';
import type { Take } from './intake.js';
import { readList } from '../../protocol/operations/lists.js';

/** Maximum number of jobs that are read in the first part, when the size of the jobs is unknown. */
const MAX_JOBS_IN_FIRST_PART = 8;

/** Maximum number of jobs that are read in one part. */
const MAX_JOBS_PER_PART = 500;

/** Length that one part is to have at most, about, UTF-16 units. */
const MAX_PART_LENGTH = 1024 * 1024;

/** What a slot holds in place of a job that was settled. */
const EMPTY_PLACE = '';

/**
 * Reads the slot of a take that was not answered, part by part. Nobody writes to the slot any more, so that no part is read twice:
 * where a part is too long for the connection, a shorter one is read next.
 */
export class SlotReader {
  private readonly jobs: string[] = [];
  private nextPartSize: number;
  /** Maximum number of jobs of a part; fewer after a part that was not answered. */
  private maxPartSize = MAX_JOBS_PER_PART;

  constructor(readonly take: Take) {
    // One more than the take can have moved shows that there are no others.
    this.nextPartSize = Math.min(take.most + 1, MAX_JOBS_IN_FIRST_PART);
  }

  /**
   * Reads the rest of the slot, whatever the take can have moved: a server that lacks the last writes may still hold jobs that were
   * settled before. As their replies may be lost as well, they run once more, as after the loss of a worker.
   * @returns all jobs, in the order of the slot.
   * @throws where a part is refused or not answered. The next call continues after the parts that were read.
   */
  async read(connection: Line): Promise<readonly string[]> {
    const { jobs, take } = this;
    for (;;) {
      const { nextPartSize } = this;
      const part = await this.readPart(connection, jobs.length, jobs.length + nextPartSize - 1);
      jobs.push(...part);
      if (part.length < nextPartSize) {
        break;
      }
      const length = part.reduce((sum, job) => sum + job.length, 0);
      const fitting = Math.floor((MAX_PART_LENGTH * part.length) / (length + 1));
      // Grows step by step, because the next jobs may be longer.
      this.nextPartSize = Math.max(1, Math.min(fitting, 2 * nextPartSize, this.maxPartSize));
    }
    const areOlder = jobs.length > take.most || jobs.includes(EMPTY_PLACE);
    return areOlder ? jobs.map((job) => job && asRedelivered(job)) : jobs;
  }

  private async readPart(connection: Line, first: number, last: number): Promise<string[]> {
    try {
      return await connection.run(readList, { list: this.take.slot.key, first, last });
    } catch (error) {
      this.nextPartSize = this.maxPartSize = Math.max(1, Math.floor(this.nextPartSize / 2));
      throw error;
    }
  }
}
