import type { Observable } from 'rxjs';
import type { JobDataOf, MappedQueue, ReplyOf } from '../client/job-map.js';
import type { JobContext } from '../worker/job-context.js';

/** A method that can answer the jobs of a queue: what it returns is checked where the queue stands in the `JobMap`. */
export type JobMethod<Queue extends string = string> = (
  ...args: never[]
) => Queue extends MappedQueue ? Answer<ReplyOf<Queue>> : unknown;

type Answer<Reply> = Now<Reply> | Promise<Now<Reply>>;
type Now<Reply> = Reply | Observable<Reply> | AsyncIterable<Reply>;

/**
 * Nothing to add where a method takes the data of its queue, and a property that it cannot have where it does not.
 * The compiler does not see parameter decorators, so that the data may stand at any place, and the first parameter may
 * also be the context or one property of the data.
 */
export type TakesDataOf<Queue extends string, Method extends JobMethod> = Queue extends MappedQueue
  ? Takes<Parameters<Method>, JobDataOf<Queue>> extends true
    ? unknown
    : { readonly 'has to take the data of its queue': JobDataOf<Queue> }
  : unknown;

type Takes<Args extends readonly unknown[], Data> = Args['length'] extends 0
  ? true
  : true extends { [Place in keyof Args]-?: [Data] extends [Args[Place]] ? true : false }[number]
    ? true
    : [Args[0]] extends [JobContext | PropertyOf<Data>]
      ? true
      : false;

type PropertyOf<Data> = Data extends readonly unknown[]
  ? never
  : Data extends object
    ? Data[keyof Data]
    : never;
