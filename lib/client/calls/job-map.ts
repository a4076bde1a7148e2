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

type Jobs = JobMap & CoreJobMap;
type Switches = ReqRepTypes & CoreReqRepTypes;

/** A queue that stands in the {@link JobMap}. */
export type MappedQueue = Extract<keyof Jobs, string>;

type AreNamesClosed = Switches extends { readonly strictQueues: true } ? true : false;

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

type ValueIn<Returned> = EachValue<Awaited<Returned>>;
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

/** What follows the name of a queue that is not in the {@link JobMap}. */
export type FreeCall<Queue extends string, Options> = AreNamesClosed extends true
  ? NotThisOverload
  : Queue extends MappedQueue
    ? NotThisOverload
    : [data?: unknown, options?: Options];

/** Says that no type was given for a reply. */
declare const notGiven: unique symbol;
export type NotGiven = typeof notGiven;

/** What follows the name of a queue where a type was given for the reply, as in `send<Report>(queue)`. */
export type RetypedCall<Reply> = [Reply] extends [NotGiven]
  ? NotThisOverload
  : [data?: unknown, options?: SendOptions];

/** A mapped queue in a call with a type for the reply: accepted, since the result tells, unless the names are closed. */
export type RetypedQueue = AreNamesClosed extends true
  ? { readonly 'omit the reply type: the JobMap defines it': MappedQueue }
  : MappedQueue;

/** A mapped queue in a call that lacks the data: never accepted, and the compiler shows why. */
export type QueueWithoutData<Queue extends MappedQueue> = Queue & {
  readonly [Text in `queue "${Queue}" requires data`]: JobDataOf<Queue>;
};
