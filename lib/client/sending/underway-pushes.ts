import type { OutgoingJob } from './outgoing-job.js';
import type { Batch } from './push-batches.js';

/**
 * Batches that were sent and are not answered yet. They are an array, because a long-lived `Set` keeps its stale tables, and the
 * objects in them, from being garbage-collected young.
 */
export class UnderwayPushes {
  /** UTF-16 units of all their jobs. */
  length = 0;
  private readonly batches: Batch[] = [];

  /** Number of batches that are underway. */
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

  /** Removes a batch that was answered. */
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
