import type { Observable } from 'rxjs';
import type { EmitOptions, SendOptions } from './call-options.js';

/**
 * The queues whose jobs the compiler checks, on `RequestClient.send` and `emit` and on the methods under `@OnJob`. It is
 * empty; an application adds to it. A function stands for each queue: it takes the data, and returns the reply, or
 * an Observable, an AsyncIterable or a generator of the values where the handler streams. Other names stay free-form.
 *
 * Data and replies travel as JSON: say `string` for a date that was not made one again.
 *
 * @example
 * ```ts
 * declare module 'nestjs-reqrep' {
 *   interface JobMap {
 *     reports: (data: { id: string }) => Report;
 *   }
 * }
 * ```
 */
export interface JobMap {}

/** A queue that stands in the {@link JobMap}. */
export type MappedQueue = Extract<keyof JobMap, string>;

/** A name, unless it is that of a queue in the {@link JobMap}. */
export type FreeQueue<Queue extends string> = Queue extends MappedQueue ? never : Queue;

/** What the jobs of a queue carry. */
export type JobDataOf<Queue extends MappedQueue> = JobMap[Queue] extends (
  ...args: infer Args
) => unknown
  ? Args[0]
  : never;

/** What the caller of a queue gets: the reply, or each value of a stream. */
export type ReplyOf<Queue extends MappedQueue> = JobMap[Queue] extends (
  ...args: never[]
) => infer Returned
  ? ValueIn<Returned>
  : never;

type ValueIn<Returned> = EachValue<Awaited<Returned>>;
type EachValue<Answer> = Answer extends
  Observable<infer Value> | AsyncIterable<infer Value> | IterableIterator<infer Value>
  ? Value
  : Answer;

/** What stands behind the name of a queue in a call: its data may be left out where it may be `undefined`. */
type CallOf<Queue extends MappedQueue, Options> =
  undefined extends JobDataOf<Queue>
    ? [data?: JobDataOf<Queue>, options?: Options]
    : [data: JobDataOf<Queue>, options?: Options];

/** What stands behind the name of a queue in a `send`. */
export type SendCall<Queue extends MappedQueue> = CallOf<Queue, SendOptions>;

/** What stands behind the name of a queue in an `emit`. */
export type EmitCall<Queue extends MappedQueue> = CallOf<Queue, EmitOptions>;

/** Says that no type was given for a reply. */
declare const notGiven: unique symbol;
export type NotGiven = typeof notGiven;

/** Names a queue whose reply the `JobMap` knows where a type was given for it all the same. */
export type RetypedQueue<Reply> = Reply extends NotGiven ? never : MappedQueue;

/** What a request gives whose reply was given a type although the `JobMap` knows it: nothing that can be used. */
export interface Retyped<Reply> {
  readonly 'leave the type of the reply out: the JobMap knows it': Reply;
}
