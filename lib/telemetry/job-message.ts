/**
 * How a worker answered a job.
 *
 * - `reply`: with what the handler returned, or the end of its stream
 * - `error`: with an error
 * - `cancelled`: with nothing, since its caller cancelled it, or another worker has taken it over
 * - `nobody waits`: with nothing, since its deadline passed, or its caller stopped reading
 * - `given back`: with nothing, since its worker stops and the job is to run again
 */
export type JobOutcome = 'reply' | 'error' | 'cancelled' | 'nobody waits' | 'given back';

/** One run of a job. All listeners get the same object, when it begins and when its job has left the worker. */
export interface JobMessage {
  /** Whether a caller waits for a reply. */
  readonly kind: 'request' | 'emit';
  /** The name of the instance: `default` unless the module has a `name`, `core` without Nest. */
  readonly instance: string;
  /** The server: `redis://host:port/database`, without user and password. */
  readonly server: string;
  /** The name of the queue. */
  readonly queue: string;
  /** The name of the handler: `Class#method`; without Nest the name of the function. */
  readonly handler: string;
  /** The id of the job. A job of the original protocol may have a number. */
  readonly id: string | number;
  /** The headers of the job. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which delivery this is, from 1. */
  readonly attempt: number;
  /** Time from the push to the start of the handler, ms, by the clock of Redis; `undefined` for a job of the original protocol. */
  readonly waited: number | undefined;
  /** How the job was answered; `undefined` before that. */
  readonly outcome: JobOutcome | undefined;
  /** What ended the job, where the outcome is `error`. */
  readonly error: unknown;
  /** How many values of a stream were sent; `undefined` where the handler sends no stream. */
  readonly values: number | undefined;
}
