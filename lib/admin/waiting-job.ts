/** A job that waits in a queue. */
export interface WaitingJob {
  /** The queue. */
  readonly queue: string;
  /** How many jobs of the queue are before it. On a Redis Cluster, a hot queue counts in each shard. */
  readonly position: number;
  /** The id; `undefined` for a job that cannot be read. */
  readonly id: string | number | undefined;
  /** Whether a caller waits for the reply; `undefined` for a job that cannot be read. */
  readonly kind: 'request' | 'emit' | undefined;
  /** The data of the job. Anybody may have written it: do not trust it. */
  readonly data: unknown;
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The number of its next delivery, from 1. */
  readonly attempt: number;
  /** When it was pushed: ms since the epoch, by the clock of Redis. `undefined` for a job of the original `reqrep`. */
  readonly pushedAt: number | undefined;
  /** When it expires: ms since the epoch, by the clock of Redis. `undefined` = never. */
  readonly deadline: number | undefined;
  /** Why it cannot be read, such as `not JSON: ...`: a worker moves it to the dead letters. `undefined` for a job that can be read. */
  readonly problem: string | undefined;
  /** The job exactly as it is in the queue. */
  readonly element: string;
}
