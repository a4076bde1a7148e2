/** An error of a handler, or of other code that runs with its jobs. */
export interface JobFailure {
  /** The name of the queue. */
  readonly queue: string;
  /** The handler: `Class#method`; without Nest the name of the function. */
  readonly handler: string;
  /** The id of the job. */
  readonly id: string | number;
  /** Which delivery of the job this was, from 1. */
  readonly attempt: number;
  /** What was thrown. */
  readonly error: unknown;
  /**
   * Whether the error is an answer that callers are meant to get: an `HttpException`, or a class among `errors`. All others are in the
   * log, too.
   */
  readonly isExpected: boolean;
}
