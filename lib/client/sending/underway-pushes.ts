import type { OutgoingJob } from './outgoing-job.js';
import type { Batch } from './push-batches.js';

/** Batches that were sent and are not answered yet. */
export class UnderwayPushes {
  /** UTF-16 units of all their jobs. */
  length = 0;
  private readonly batches = new Set<Batch>();

  /** How many batches they are. */
  get size(): number {
    return this.batches.size;
  }

  get jobs(): OutgoingJob[] {
    return [...this.batches].flatMap(({ jobs }) => jobs);
  }

  add(batch: Batch): void {
    this.batches.add(batch);
    this.length += batch.length;
  }

  /** It is answered. */
  remove(batch: Batch): void {
    if (this.batches.delete(batch)) {
      this.length -= batch.length;
    }
  }
}
