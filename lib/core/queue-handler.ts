import type { Observable } from 'rxjs';
import type { JobDataOf, MappedQueue, ReplyOf } from '../client/calls/job-map.js';
import type { JobContext } from '../worker/running/job-context.js';

/**
 * A function that runs the jobs of a queue. It returns the reply, a promise of it, or a stream: an Observable, an AsyncIterable, a
 * generator or another iterator.
 *
 * Where the queue is in the {@link JobMap}, the map says what data and reply are. Elsewhere the data is whatever the function takes.
 *
 * @example
 * ```ts
 * const sum: QueueHandler<string, number[]> = (values) => values.reduce((total, value) => total + value, 0);
 * ```
 */
export type QueueHandler<Queue extends string = string, Data = unknown> = Queue extends MappedQueue
  ? (data: HandlerData<JobDataOf<Queue>>, job: JobContext) => HandlerResult<Queue>
  : (data: Data, job: JobContext) => unknown;

/** The return type of a handler of a queue. The compiler checks it where the queue is in the {@link JobMap}. */
export type HandlerResult<Queue extends string> = Queue extends MappedQueue
  ? Result<ReplyOf<Queue>>
  : unknown;

/** The reply, or a promise of it. */
type Result<Reply> = OneOrMany<Reply> | Promise<OneOrMany<Reply>>;

/** One reply, or a stream of values. */
type OneOrMany<Reply> = Reply | Observable<Reply> | AsyncIterable<Reply> | IterableIterator<Reply>;

/** The data that a handler gets of what its caller sent: `undefined` arrives as `null`. */
export type HandlerData<Data> = undefined extends Data ? Exclude<Data, undefined> | null : Data;
