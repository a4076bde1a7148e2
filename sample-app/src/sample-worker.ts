import type { Subject } from 'rxjs';
import type { WorkerStatus } from './worker-status.js';

/** A worker of the sample, as it is shown. */
export interface SampleWorker {
  /** Counted from 1. */
  readonly number: number;
  readonly pid: number | undefined;
  readonly status: WorkerStatus;
  /** Emits when `status` has changed. */
  readonly changed: Subject<void>;
  /** Names it, with its process. */
  toString(): string;
  /** Resolves when the worker takes jobs. @throws SampleError */
  ready(): Promise<void>;
  /** Ends its process as a crash would. @returns whether it has one of its own. */
  kill(): boolean;
  /** Lets the worker finish what it does. */
  stop(): Promise<void>;
}
