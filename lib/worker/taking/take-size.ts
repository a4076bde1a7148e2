/**
 * About how long the jobs of one take may be together, UTF-16 units: what is read, run and answered at once is held at
 * once, and copied by the garbage collector.
 */
const LONGEST_TAKE = 2 * 1024 * 1024;

/** How much longer a take may be than one before that was answered, after one that was not. */
const GROWTH = 1.1;

/** From this length on average on jobs are long, UTF-16 units: Lua hashes each byte of what passes through it. */
const LONG_JOB = 64 * 1024;

/** Long jobs that are taken together at most, each into a slot of its own. */
const MOST_LONG_TAKES = 3;

/** How many jobs may be taken together, by the length of those that came last. */
export class TakeSize {
  /** How long the jobs of one take may be together, UTF-16 units. */
  private longest = LONGEST_TAKE;
  /** How many jobs as long as the last ones one take may have. */
  mostJobs = Infinity;
  /** How many takes of one long job each may be made together; 0 = the last jobs were not long. */
  private longTakes = 0;

  /** Whether the next job is expected to be so long that no script should see it. */
  get isLong(): boolean {
    return this.longTakes > 0;
  }

  /** How many takes may be made together. */
  get mostTakes(): number {
    return Math.max(1, this.longTakes);
  }

  /** Learns from jobs that were taken together. */
  measure(jobs: readonly string[]): void {
    const length = jobs.reduce((sum, job) => sum + job.length, 0);
    const average = length / jobs.length;
    const mostJobs = Math.ceil(this.longest / (average + 1));
    const areLong = average >= LONG_JOB;
    this.mostJobs = areLong ? 1 : mostJobs;
    this.longTakes = areLong ? Math.min(mostJobs, MOST_LONG_TAKES) : 0;
    if (this.longest < LONGEST_TAKE && length >= this.longest / 2) {
      this.longest = Math.min(this.longest * GROWTH, LONGEST_TAKE);
    }
  }

  /** A take of so many jobs was not answered: they may have been too long for the connection. */
  unanswered(most: number): void {
    if (most > 1) {
      this.longest = Math.max(1, this.longest / 2);
      this.mostJobs = Math.min(this.mostJobs, Math.ceil(most / 2));
    }
  }
}
