/** How many are remembered; of more, the oldest are forgotten and run in vain. */
const MAX_REMEMBERED_JOBS = 10_000;

/** The jobs of a queue that were cancelled before this worker met them. Another worker may have met them already. */
export class CancelledJobs {
  private readonly ids = new Set<string | number>();

  add(id: string | number): void {
    this.ids.add(id);
    if (this.ids.size > MAX_REMEMBERED_JOBS) {
      const [oldest] = this.ids as Iterable<string | number> as [string | number];
      this.ids.delete(oldest);
    }
  }

  /** @returns whether the job was cancelled; it is forgotten then. */
  take(id: string | number): boolean {
    return this.ids.size > 0 && this.ids.delete(id);
  }
}
