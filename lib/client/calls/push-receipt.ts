/** What Redis confirmed about a pushed job. */
export interface PushReceipt {
  /** The id of the job. */
  readonly id: string;
  readonly queue: string;
  /** How many jobs waited in the queue once this one had joined it. */
  readonly queueLength: number;
}
