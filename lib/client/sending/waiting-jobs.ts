import type { OutgoingJob } from './outgoing-job.js';

/** Jobs that wait to be pushed, by id, in the order in which they were sent. */
export class WaitingJobs {
  /** UTF-16 units of all waiting jobs. */
  length = 0;
  private jobs = new Map<string, OutgoingJob>();
  private added = 0;

  get size(): number {
    return this.jobs.size;
  }

  has(id: string): boolean {
    return this.jobs.has(id);
  }

  add(job: OutgoingJob): void {
    job.order = this.added++;
    this.length += job.length;
    this.jobs.set(job.sender.id, job);
  }

  /** @returns the job; `undefined` if it did not wait. */
  remove(id: string): OutgoingJob | undefined {
    const job = this.jobs.get(id);
    if (job) {
      this.jobs.delete(id);
      this.length -= job.length;
    }
    return job;
  }

  /**
   * Removes and returns the first jobs.
   * @param most - how many jobs at most.
   * @param mostLength - UTF-16 units after which no further job is taken.
   */
  take(most = Infinity, mostLength = Infinity): Iterable<OutgoingJob> {
    const { jobs } = this;
    if (jobs.size <= most && this.length < mostLength) {
      this.jobs = new Map();
      this.length = 0;
      return jobs.values();
    }
    const taken: OutgoingJob[] = [];
    let length = 0;
    for (const [id, job] of jobs) {
      if (taken.length >= most || length >= mostLength) {
        break;
      }
      jobs.delete(id);
      taken.push(job);
      length += job.length;
    }
    this.length -= length;
    return taken;
  }

  /** Adds jobs again, in the order in which they were first sent. */
  putBack(jobs: readonly OutgoingJob[]): void {
    if (jobs.length > 0) {
      const all = [...jobs, ...this.jobs.values()].toSorted(byOrder);
      this.jobs = new Map(all.map((job) => [job.sender.id, job]));
      this.length += jobs.reduce((sum, { length }) => sum + length, 0);
    }
  }
}

const byOrder = (one: OutgoingJob, other: OutgoingJob): number => one.order - other.order;
