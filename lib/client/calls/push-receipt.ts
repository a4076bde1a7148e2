/** What Redis confirms of a job that it has. */
export interface PushReceipt {
  /** The id of the job. */
  readonly id: string;
  /** The queue of the job. */
  readonly queue: string;
  /** How many jobs waited in the queue, with this one. */
  readonly queueLength: number;
}
