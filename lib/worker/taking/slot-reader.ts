import type { Line } from '../../driver/line.js';
import type { Take } from './intake.js';
import { readList } from '../../protocol/operations/lists.js';

/** Jobs that are read at most in the first part, whose length nobody knows. */
const MAX_JOBS_IN_FIRST_PART = 8;

/** Jobs that are read at most in one part. */
const MAX_JOBS_PER_PART = 500;

/** About how long one part may be, UTF-16 units. */
const MAX_PART_LENGTH = 1024 * 1024;

/**
 * Reads what a take that was not answered has put into its slot. Nobody else writes there any more, so that what was read
 * stays true: where a part is too long for the connection, a shorter one is asked for, and nothing is read twice.
 */
export class SlotReader {
  private readonly jobs: string[] = [];
  private nextPartSize: number;
  /** How many are read at once at most; fewer after a part without an answer. */
  private maxPartSize = MAX_JOBS_PER_PART;

  constructor(readonly take: Take) {
    this.nextPartSize = Math.min(take.most, MAX_JOBS_IN_FIRST_PART);
  }

  /**
   * Reads on.
   * @returns the jobs, in their order.
   * @throws where a part is refused or not answered; it goes on behind the parts before.
   */
  async read(connection: Line): Promise<readonly string[]> {
    const { jobs, take } = this;
    while (jobs.length < take.most) {
      const { nextPartSize } = this;
      const part = await this.readPart(connection, jobs.length, jobs.length + nextPartSize - 1);
      jobs.push(...part);
      if (part.length < nextPartSize) {
        break;
      }
      const length = part.reduce((sum, job) => sum + job.length, 0);
      const fitting = Math.floor((MAX_PART_LENGTH * part.length) / (length + 1));
      // Step by step: those that follow may be longer.
      this.nextPartSize = Math.max(1, Math.min(fitting, 2 * nextPartSize, this.maxPartSize));
    }
    return jobs;
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
