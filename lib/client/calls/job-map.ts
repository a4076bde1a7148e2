import type { Observable } from 'rxjs';
import type { EmitOptions, SendOptions } from './call-options.js';

/**
 * The queues whose jobs the compiler checks, on `RequestClient.send`, `request` and `emit` and on the methods under `@OnJob`. It is
 * empty; an application adds to it. A function stands for each queue: it takes the data, and returns the reply, or
 * an Observable, an AsyncIterable or a generator of the values where the handler streams. Other names stay free-form,
 * unless {@link ReqRepTypes} closes them.
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

/**
 * The {@link JobMap} of `nestjs-reqrep/core`. The compiler loses one of two modules that add to the same interface, so that
 * each entry has its own; both hold for either.
 */
export interface CoreJobMap {}

/**
 * Switches of the compiler's checks; an application adds to it. `strictQueues: true` closes the names of queues: whatever is not
 * in the {@link JobMap} does not compile, in `send`, `request`, `emit` and `@OnJob`.
 *
 * @example
 * ```ts
 * declare module 'nestjs-reqrep' {
 *   interface ReqRepTypes {
 *     strictQueues: true;
 *   }
 * }
 * ```
 */
export interface ReqRepTypes {}

/** The {@link ReqRepTypes} of `nestjs-reqrep/core`. */
export interface CoreReqRepTypes {}

/** What all entries of the package know of queues. */
type Jobs = JobMap & CoreJobMap;

/** What all entries of the package know of switches. */
type Switches = ReqRepTypes & CoreReqRepTypes;

/** A queue that stands in the {@link JobMap}. */
export type MappedQueue = Extract<keyof Jobs, string>;

/** Whether {@link ReqRepTypes} allows no other queues than those of the {@link JobMap}. */
type AreNamesClosed = Switches extends { readonly strictQueues: true } ? true : false;

/** A type that holds where the compiler has nothing to check: no queue is in the {@link JobMap}, and all names are allowed. */
export type UnlessChecked<Unchecked, Checked> = [MappedQueue] extends [never]
  ? AreNamesClosed extends true
    ? Checked
    : Unchecked
  : Checked;

/** Nothing to add to a name that a queue may have: any, unless {@link ReqRepTypes} closes the names. */
export type KnownQueue<Queue extends string> = AreNamesClosed extends true
  ? Queue extends MappedQueue
    ? unknown
    : { readonly 'strictQueues is on: add this queue to the JobMap': MappedQueue }
  : unknown;

/** What the jobs of a queue carry. */
export type JobDataOf<Queue extends MappedQueue> = Jobs[Queue] extends (
  ...args: infer Args
) => unknown
  ? Args[0]
  : never;

/** What the caller of a queue gets: the reply, or each value of a stream. */
export type ReplyOf<Queue extends MappedQueue> = Jobs[Queue] extends (
  ...args: never[]
) => infer Returned
  ? ValueIn<Returned>
  : never;

/** What a caller gets of what a function of the map returns. */
type ValueIn<Returned> = EachValue<Awaited<Returned>>;

/** The values of a stream, or the one reply. */
type EachValue<Answer> = Answer extends
  Observable<infer Value> | AsyncIterable<infer Value> | IterableIterator<infer Value>
  ? Value
  : Answer;

/** What follows the name of a queue in a call: its data may be left out where it may be `undefined`. */
type CallOf<Queue extends MappedQueue, Options> =
  undefined extends JobDataOf<Queue>
    ? [data?: JobDataOf<Queue>, options?: Options]
    : [data: JobDataOf<Queue>, options?: Options];

/** What follows the name of a queue in a `send` or a `request`. */
export type SendCall<Queue extends MappedQueue> = CallOf<Queue, SendOptions>;

/** What follows the name of a queue in an `emit`. */
export type EmitCall<Queue extends MappedQueue> = CallOf<Queue, EmitOptions>;

/**
 * More arguments than any call has: the compiler passes over an overload with a wrong number of arguments without a word, so
 * that only the overload that was meant says what is wrong.
 */
type NotThisOverload = [never, never, never, never, never];

/**
 * What follows the name of a queue that is not in the {@link JobMap}: any data, and the options. For a mapped queue the compiler
 * passes over the overload.
 */
export type UnmappedCall<Queue extends string, Options> = AreNamesClosed extends true
  ? NotThisOverload
  : Queue extends MappedQueue
    ? NotThisOverload
    : [data?: unknown, options?: Options];

/** Stands for the reply in a call that says no type for it, as in `send(queue)`. */
export interface ReplyNotGiven {
  /** No value has this property: a type that a call gives is never taken for this one. */
  readonly 'no type is given for the reply': never;
}

/**
 * What follows the name of a queue in a call that gives a type for the reply, as in `send<Report>(queue)`. For other calls the
 * compiler passes over the overload.
 */
export type ExplicitReplyCall<Reply> = [Reply] extends [ReplyNotGiven]
  ? NotThisOverload
  : [data?: unknown, options?: SendOptions];

/**
 * Matches `send<T>(queue)` on a mapped queue, which is an error: the {@link JobMap} knows the type of the reply. The call compiles unless
 * {@link ReqRepTypes} closes the names of queues, but what it returns can be used for nothing.
 */
export type ExplicitReplyOnMappedQueue = AreNamesClosed extends true
  ? { readonly 'omit the reply type: the JobMap defines it': MappedQueue }
  : MappedQueue;

/** A mapped queue in a call that lacks the data: never accepted, and the compiler shows why. */
export type QueueWithoutData<Queue extends MappedQueue> = Queue & {
  readonly [Text in `queue "${Queue}" requires data`]: JobDataOf<Queue>;
};
