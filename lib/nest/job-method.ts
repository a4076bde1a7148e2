import type { Observable } from 'rxjs';
import type { JobDataOf, MappedQueue, ReplyOf } from '../client/job-map.js';
import type { JobContext } from '../worker/job-context.js';

/** A method that can answer the jobs of a queue: what it returns is checked where the queue stands in the `JobMap`. */
export type JobMethod<Queue extends string = string> = (
  ...args: never[]
) => Queue extends MappedQueue ? Answer<ReplyOf<Queue>> : unknown;

type Answer<Reply> = Now<Reply> | Promise<Now<Reply>>;
type Now<Reply> = Reply | Observable<Reply> | AsyncIterable<Reply> | IterableIterator<Reply>;

/**
 * Nothing to add where a method takes the data of its queue, and a property that it cannot have where it does not.
 * The compiler does not see parameter decorators, so that the data may stand at any place, and the first parameter may
 * also be the context or one property of the data. What a pipe makes of the data may have more than it, such as methods.
 */
export type TakesDataOf<Queue extends string, Method extends JobMethod> = Queue extends MappedQueue
  ? Takes<Parameters<Method>, Arriving<JobDataOf<Queue>>> extends true
    ? unknown
    : { readonly 'has to take the data of its queue': JobDataOf<Queue> }
  : unknown;

/** `undefined` arrives as `null`. */
type Arriving<Data> = undefined extends Data ? Exclude<Data, undefined> | null : Data;

type Takes<Args extends readonly unknown[], Data> = Args['length'] extends 0
  ? true
  : true extends { [Place in keyof Args]-?: IsDataOf<Args[Place], Data> }[number]
    ? true
    : [Args[0]] extends [JobContext | PropertyOf<Data>]
      ? true
      : false;

/** Whether a parameter takes the data as it is, or with more to it. */
type IsDataOf<Arg, Data> = [Data] extends [Arg | null | undefined]
  ? true
  : [Arg] extends [JobContext]
    ? false
    : [Arg] extends [Data]
      ? true
      : false;

/** What `@JobData('property')` can hand over: the property, or whatever simple value a pipe makes of it. */
type PropertyOf<Data> = Data extends readonly unknown[]
  ? never
  : Data extends object
    ? Data[keyof Data] | string | number | bigint | boolean | Date
    : never;
