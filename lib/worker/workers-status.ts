/** The state of the workers of one process at a moment. */
export interface ReplyWorkersStatus {
  /** The state of all workers. `starting` lasts until Redis knows them, also while Redis is unreachable. */
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping';
  /** The queues that this process serves. */
  readonly queues: readonly QueueStatus[];
}

/** The state of the worker of one queue at a moment. */
export interface QueueStatus {
  /** The name of the queue. */
  readonly queue: string;
  /** The handler: `Class#method`; without Nest the name of the function. */
  readonly handler: string;
  /** Maximum number of jobs that the worker runs at a time. */
  readonly concurrency: number;
  /** Number of jobs that the worker runs now. */
  readonly busy: number;
  /** Whether the queue is paused, in this process or by `QueueAdmin` for all. */
  readonly isPaused: boolean;
  /**
   * The refusal of Redis that keeps the worker from taking jobs, such as of a command that its user may not run. The worker tries
   * again. `undefined` while Redis refuses nothing.
   */
  readonly refusal: string | undefined;
  /**
   * Time in ms since the last renewal of the worker's lease that Redis has confirmed was sent. `undefined` where there was none. The lease
   * is renewed three times in `lease` ms.
   */
  readonly leaseAge: number | undefined;
}

/** @returns a text that changes with a status, but not because time passes. @internal */
export const keyOfStatus = (status: ReplyWorkersStatus): string =>
  JSON.stringify(status, (name, value: unknown) => (name === 'leaseAge' ? undefined : value));
