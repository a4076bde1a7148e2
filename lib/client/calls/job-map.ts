import type { Observable } from 'rxjs';
import type { EmitOptions, SendOptions } from './call-options.js';

/**
 * The queues whose jobs the compiler checks: in calls of a {@link RequestClient}, on methods under `@OnJob` and in `serve`. The map is
 * empty, and an application adds to it. Other queues stay unchecked, unless {@link ReqRepTypes} closes the names.
 *
 * A function describes each queue. Its parameter is the data, and what it returns is the reply, or an Observable, an AsyncIterable or a
 * generator of the values of a stream. A queue whose data may be `undefined` can be called without data.
 *
 * Data and replies travel as JSON: describe a date as a `string`, unless code of the application makes it a date again.
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
 * The {@link JobMap} of `nestjs-reqrep/core`: a queue that an application adds to either of the two is known to both entries. Each entry
 * has an interface of its own, since the compiler ignores one of two modules that add to the same interface.
 */
export interface CoreJobMap {}

/**
 * Switches for the checks of the compiler. The interface is empty, and an application adds to it.
 *
 * `strictQueues: true` closes the names of queues: a queue that is not in the {@link JobMap} does not compile, in calls of a
 * {@link RequestClient}, in `@OnJob` and in `serve`.
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

/** The {@link ReqRepTypes} of `nestjs-reqrep/core`: a switch that an application adds to either of the two applies to both entries. */
export interface CoreReqRepTypes {}

/** The queues that all entries of the package know. */
type Jobs = JobMap & CoreJobMap;

/** The switches that all entries of the package know. */
type Switches = ReqRepTypes & CoreReqRepTypes;

/** The name of a queue that is in the {@link JobMap}. `never` where the map is empty. */
export type MappedQueue = Extract<keyof Jobs, string>;

/** Whether {@link ReqRepTypes} allows no other queues than those of the {@link JobMap}. */
type AreNamesClosed = Switches extends { readonly strictQueues: true } ? true : false;

/** A type that holds where the compiler has nothing to check: no queue is in the {@link JobMap}, and all names are allowed. */
export type UnlessChecked<Unchecked, Checked> = [MappedQueue] extends [never]
  ? AreNamesClosed extends true
    ? Checked
    : Unchecked
  : Checked;

/**
 * Adds nothing to the name of a queue that may be used, which is any name unless {@link ReqRepTypes} closes the names. For other
 * names it adds a property that no text has, and whose name the compiler shows.
 */
export type KnownQueue<Queue extends string> = AreNamesClosed extends true
  ? Queue extends MappedQueue
    ? unknown
    : {
        /** Is the message that the compiler shows. */
        readonly 'strictQueues is on: add this queue to the JobMap': MappedQueue;
      }
  : unknown;

/** The data of the jobs of a queue that is in the {@link JobMap}. */
export type JobDataOf<Queue extends MappedQueue> = Jobs[Queue] extends (
  ...args: infer Args
) => unknown
  ? Args[0]
  : never;

/** The result for the caller of a queue in the {@link JobMap}: the reply, or each value of a stream. */
export type ReplyOf<Queue extends MappedQueue> = Jobs[Queue] extends (
  ...args: never[]
) => infer Returned
  ? ValueIn<Returned>
  : never;

/** The result for a caller, from the return type of a function of the map. */
type ValueIn<Returned> = EachValue<Awaited<Returned>>;

/** The values of a stream, or the one reply. */
type EachValue<Answer> = Answer extends
  Observable<infer Value> | AsyncIterable<infer Value> | IterableIterator<infer Value>
  ? Value
  : Answer;

/** The arguments after the name of a queue in a call. The data may be left out where it may be `undefined`. */
type CallOf<Queue extends MappedQueue, Options> =
  undefined extends JobDataOf<Queue>
    ? [data?: JobDataOf<Queue>, options?: Options]
    : [data: JobDataOf<Queue>, options?: Options];

/** The arguments of `send` and `request` after the name of a queue that is in the {@link JobMap}. */
export type SendCall<Queue extends MappedQueue> = CallOf<Queue, SendOptions>;

/** The arguments of `emit` after the name of a queue that is in the {@link JobMap}. */
export type EmitCall<Queue extends MappedQueue> = CallOf<Queue, EmitOptions>;

/**
 * More arguments than any call has. The compiler passes over an overload with a wrong number of arguments without a message, so that
 * only the overload that applies reports the mistake.
 */
type NotThisOverload = [never, never, never, never, never];

/**
 * The arguments of a call after the name of a queue that is not in the {@link JobMap}: any data, and the options. For a mapped queue
 * the compiler passes over the overload.
 */
export type UnmappedCall<Queue extends string, Options> = AreNamesClosed extends true
  ? NotThisOverload
  : Queue extends MappedQueue
    ? NotThisOverload
    : [data?: unknown, options?: Options];

/** Stands for the type of the reply in a call that gives none, as in `send(queue)`. */
export interface ReplyNotGiven {
  /** No value has this property: a type that a call gives is never taken for this one. */
  readonly 'no type is given for the reply': never;
}

/**
 * The arguments after the name of a queue in a call that gives a type for the reply, as in `send<Report>(queue)`. For other calls the
 * compiler passes over the overload.
 */
export type ExplicitReplyCall<Reply> = [Reply] extends [ReplyNotGiven]
  ? NotThisOverload
  : [data?: unknown, options?: SendOptions];

/**
 * Matches `send<T>(queue)` on a mapped queue, which is an error: the {@link JobMap} knows the type of the reply. The call compiles unless
 * {@link ReqRepTypes} closes the names of queues, but its result has a type that nothing accepts.
 */
export type ExplicitReplyOnMappedQueue = AreNamesClosed extends true
  ? {
      /** Is the message that the compiler shows. */
      readonly 'omit the reply type: the JobMap defines it': MappedQueue;
    }
  : MappedQueue;

/** A mapped queue in a call without its data. No text is of the type, and the compiler shows why. */
export type QueueWithoutData<Queue extends MappedQueue> = Queue & {
  readonly [Text in `queue "${Queue}" requires data`]: JobDataOf<Queue>;
};
