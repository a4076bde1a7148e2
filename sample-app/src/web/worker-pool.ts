import type { WorkerProcess } from '../worker-process.js';

/** The worker processes that the sample has started. */
export class WorkerPool {
  constructor(readonly workers: readonly WorkerProcess[]) {}
}
