/**
 * About how long the jobs of one take may be together, UTF-16 units: what is read, run and answered at once is held at
 * once, and copied by the garbage collector.
 */
const MAX_TAKE_LENGTH = 2 * 1024 * 1024;

/** How much longer a take may be than one before that was answered, after one that was not. */
const TAKE_LENGTH_GROWTH = 1.1;

/** From this length on average on jobs are long, UTF-16 units: Lua hashes each byte of what passes through it. */
const MIN_LONG_JOB_LENGTH = 64 * 1024;

/** Long jobs that are taken together at most, each into a slot of its own. */
const MAX_LONG_TAKES = 3;

/** How many jobs may be taken together, by the length of those that came last. */
export class TakeSize {
  /** How long the jobs of one take may be together, UTF-16 units. */
  private maxLength = MAX_TAKE_LENGTH;
  /** How many jobs as long as the last ones one take may have. */
  maxJobs = Infinity;
  /** How many takes of one long job each may be made together; 0 = the last jobs were not long. */
  private maxLongTakes = 0;

  /** Whether the next job is expected to be so long that no script should see it. */
  get isLong(): boolean {
    return this.maxLongTakes > 0;
  }

  /** How many takes may be made together. */
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

  /** A take of so many jobs was not answered: they may have been too long for the connection. */
  unanswered(most: number): void {
    if (most > 1) {
      this.maxLength = Math.max(1, this.maxLength / 2);
      this.maxJobs = Math.min(this.maxJobs, Math.ceil(most / 2));
    }
  }
}
