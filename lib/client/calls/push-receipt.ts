/** The confirmation of Redis that it has a job. */
export interface PushReceipt {
  /** The id of the job. */
  readonly id: string;
  /** The queue of the job. */
  readonly queue: string;
  /** Number of jobs that waited in the queue, including this one. */
  readonly queueLength: number;
}
