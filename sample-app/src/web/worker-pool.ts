import type { SampleWorker } from '../sample-worker.js';

/** The workers that the sample has started. */
export class WorkerPool {
  constructor(readonly workers: readonly SampleWorker[]) {}
}
