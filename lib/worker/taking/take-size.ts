/**
 * Length that the jobs of one take may have together, about, UTF-16 units: jobs that are read at once are in memory at once, and
 * the garbage collector copies them.
 */
const MAX_TAKE_LENGTH = 2 * 1024 * 1024;

/** Factor by which takes may grow again with each answer, after a take that was not answered. */
const TAKE_LENGTH_GROWTH = 1.1;

/** Average length from which jobs count as long, UTF-16 units: Lua hashes each byte of the texts that pass through it. */
const MIN_LONG_JOB_LENGTH = 64 * 1024;

/** Maximum number of long jobs that are taken together, each into a slot of its own. */
const MAX_LONG_TAKES = 3;

/** Maximum number of jobs that are taken together, by the length of the last jobs. */
export class TakeSize {
  /** Length that the jobs of one take may have together now, UTF-16 units. */
  private maxLength = MAX_TAKE_LENGTH;
  /** Maximum number of jobs of the last length in one take. */
  maxJobs = Infinity;
  /** Maximum number of takes of one long job each that are made together; `0` = the last jobs were not long. */
  private maxLongTakes = 0;

  /** Whether the next job is expected to be too long to pass through a script. */
  get isLong(): boolean {
    return this.maxLongTakes > 0;
  }

  /** Maximum number of takes that are made together. */
  get maxTakes(): number {
    return Math.max(1, this.maxLongTakes);
  }

  /** Learns from jobs that were taken together. */
  measure(jobs: readonly string[]): void {
    const length = jobs.reduce((sum, job) => sum + job.length, 0);
    const average = length / jobs.length;
    const mostJobs = Math.ceil(this.maxLength / (average + 1));
    const areLong = average >= MIN_LONG_JOB_LENGTH;
    this.maxJobs = areLong ? 1 : mostJobs;
    this.maxLongTakes = areLong ? Math.min(mostJobs, MAX_LONG_TAKES) : 0;
    if (this.maxLength < MAX_TAKE_LENGTH && length >= this.maxLength / 2) {
      this.maxLength = Math.min(this.maxLength * TAKE_LENGTH_GROWTH, MAX_TAKE_LENGTH);
    }
  }

  /** Learns from a take that was not answered: its jobs may have been too long for the connection. */
  unanswered(most: number): void {
    if (most > 1) {
      this.maxLength = Math.max(1, this.maxLength / 2);
      this.maxJobs = Math.min(this.maxJobs, Math.ceil(most / 2));
    }
  }
}
