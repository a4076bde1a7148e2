/** Maximum number of ids that are remembered. The oldest are forgotten first, and their jobs run in vain. */
const MAX_REMEMBERED_JOBS = 10_000;

/** Remembers the jobs of a queue that were cancelled before this worker started them, if another worker has not. */
export class CancelledJobs {
  private readonly ids = new Set<string | number>();

  add(id: string | number): void {
    this.ids.add(id);
    if (this.ids.size > MAX_REMEMBERED_JOBS) {
      const [oldest] = this.ids as Iterable<string | number> as [string | number];
      this.ids.delete(oldest);
    }
  }

  /** @returns whether a job was cancelled. The job is forgotten then. */
  take(id: string | number): boolean {
    return this.ids.size > 0 && this.ids.delete(id);
  }
}
