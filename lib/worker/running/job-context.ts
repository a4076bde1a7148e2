/**
 * The job that a handler runs: its second argument. Code that a handler calls can be handed the context, too.
 *
 * The library makes it. A unit test of a handler gets one from `jobContext()` of `nestjs-reqrep/testing`, or passes an object with
 * the properties that the handler reads.
 *
 * @hideconstructor
 * @example
 * ```ts
 * @OnJob('reports')
 * async render(data: { id: string }, job: JobContext): Promise<Report> {
 *   return this.http.get(`/reports/${data.id}`, { signal: job.signal });
 * }
 * ```
 */
export abstract class JobContext {
  /** The name of the queue. */
  abstract readonly queue: string;

  /** The id of the job: a text. A caller of the original `reqrep` may have chosen a number. */
  abstract get id(): string | number;

  /** The headers that the caller sent with the job. An empty object where there are none. */
  abstract get headers(): Readonly<Record<string, string>>;

  /**
   * Which delivery of the job this is: `1` for the first. Above 1, a worker may have started the job before and was lost or stopped, or
   * the client pushed the job again because Redis did not confirm the first push.
   */
  abstract get attempt(): number;

  /** The time when the client pushed the job: ms since the epoch, by the clock of Redis. `undefined` from a caller of the original `reqrep`. */
  abstract get pushedAt(): number | undefined;

  /** The time when the caller stops waiting: ms since the epoch, by the clock of Redis. `undefined` for a job without a deadline. */
  abstract get deadline(): number | undefined;

  /** Returns the ms until the deadline: never negative, and `Infinity` for a job without a deadline. */
  abstract timeLeft(): number;

  /**
   * Aborts when nobody needs the rest of the run:
   *
   * - the caller cancels, or the deadline passes
   * - the run takes longer than the `timeout` of its handler
   * - the workers stop, and `shutdownTimeout` has passed
   * - the reply is sent while the handler still runs, such as by the `timeout()` operator of an interceptor
   *
   * Pass the signal to everything that can be aborted. Its `reason` says why it aborted.
   */
  abstract get signal(): AbortSignal;

  /** Returns the properties for a log: everything but the data of the job. */
  abstract toJSON(): object;
}
