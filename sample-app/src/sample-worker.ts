import type { Subject } from 'rxjs';
import type { WorkerStatus } from './worker-status.js';

/** A worker of the sample. */
export interface SampleWorker {
  /** Counted from 1. */
  readonly number: number;
  readonly pid: number | undefined;
  readonly status: WorkerStatus;
  /** Emits when `status` has changed. */
  readonly changed: Subject<void>;
  /** Names the worker with its process. */
  toString(): string;
  /** Resolves when the worker takes jobs. @throws SampleError */
  ready(): Promise<void>;
  /** Kills the process of the worker, like a crash. @returns whether the worker has a process of its own. */
  kill(): boolean;
  /** Stops the worker after its running jobs. */
  stop(): Promise<void>;
}
