/** News of a picture from a worker process to its parent. */
export interface WorkerNews {
  readonly picture: string;
  readonly event: 'began' | 'ended' | 'failed' | 'stopped';
}

/** The status of a worker process. */
export interface WorkerStatus {
  readonly number: number;
  readonly pid: number | undefined;
  /** `down` from the exit of the process until a new process replaces it. */
  readonly state: 'running' | 'down';
  /** Whether the worker has a process of its own, which can be killed. */
  readonly canBeKilled: boolean;
  /** The pictures in progress. */
  readonly pictures: readonly string[];
  /** The number of pictures that this process has finished. */
  readonly done: number;
}
