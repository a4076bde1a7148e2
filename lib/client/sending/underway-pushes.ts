import type { OutgoingJob } from './outgoing-job.js';
import type { Batch } from './push-batches.js';

/**
 * Batches that were sent and are not answered yet. (A `Set` through which objects pass for ever would keep its former tables,
 * and all that was in them, from being collected young.)
 */
export class UnderwayPushes {
  /** UTF-16 units of all their jobs. */
  length = 0;
  private readonly batches: Batch[] = [];

  /** How many batches they are. */
  get size(): number {
    return this.batches.length;
  }

  get jobs(): OutgoingJob[] {
    return this.batches.flatMap(({ jobs }) => jobs);
  }

  add(batch: Batch): void {
    batch.index = this.batches.length;
    this.batches.push(batch);
    this.length += batch.length;
  }

  /** It is answered. */
  remove(batch: Batch): void {
    if (this.batches[batch.index] !== batch) {
      return;
    }
    const last = this.batches.pop();
    if (last && last !== batch) {
      this.batches[batch.index] = last;
      last.index = batch.index;
    }
    this.length -= batch.length;
  }
}
