import type { JobDataOf, MappedQueue } from '../../client/calls/job-map.js';
import type { HandlerResult, HandlerData } from '../../core/queue-handler.js';
import type { JobContext } from '../../worker/running/job-context.js';

/** A method that can run the jobs of a queue. The compiler checks what it returns where the queue is in the {@link JobMap}. */
export type JobMethod<Queue extends string = string> = (...args: never[]) => HandlerResult<Queue>;

/** The source of the arguments of a method under `@OnJob`: `'decorated'` = from decorators of its parameters, `undefined` = as `(data, job)`. */
export type HandlerParameters = 'decorated' | undefined;

/**
 * Adds nothing to a method that takes the data of its queue. To other methods it adds a property that no method has, and whose name the
 * compiler shows. What a pipe makes of the data may have more members than the data, such as methods.
 *
 * The compiler does not show parameter decorators to the decorator of a method: `render(id: string)` looks the same with and
 * without `@JobData('id')`. So `parameters: 'decorated'` has to say that they are there.
 */
export type TakesDataOf<
  Queue extends string,
  Method extends JobMethod,
  Kind extends HandlerParameters = undefined,
> = Queue extends MappedQueue
  ? [Kind] extends ['decorated']
    ? MayBeDecorated<Parameters<Method>, HandlerData<JobDataOf<Queue>>> extends true
      ? unknown
      : {
          /** Is the message that the compiler shows. */
          readonly 'has a parameter for the data of its queue, or for a property': JobDataOf<Queue>;
        }
    : TakesDataAndJob<Required<Parameters<Method>>, HandlerData<JobDataOf<Queue>>> extends true
      ? unknown
      : {
          /** Is the message that the compiler shows. */
          readonly "takes (data, job); where @JobData, @JobCtx or others fill its parameters, say { parameters: 'decorated' }": JobDataOf<Queue>;
        }
  : unknown;

/** Whether a method takes the data of its queue, and the context as its second argument. */
type TakesDataAndJob<Args extends readonly unknown[], Data> = Args extends readonly []
  ? true
  : IsDataOf<Args[0], Data> extends true
    ? Args extends readonly [unknown]
      ? true
      : Args extends readonly [unknown, infer Second]
        ? [JobContext] extends [Second]
          ? true
          : false
        : number extends Args['length']
          ? true
          : false
    : false;

/** The data may have any place; the first parameter may also be the context or one property of the data. */
type MayBeDecorated<Args extends readonly unknown[], Data> = Args['length'] extends 0
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
    : [Arg] extends [string | number | bigint | boolean | symbol]
      ? IsSimpleDataOf<Arg, Data>
      : [Arg] extends [Data]
        ? true
        : false;

/** A text has properties, so that it would pass for an object whose own are all optional. */
type IsSimpleDataOf<Arg, Data> = [Data] extends [object]
  ? false
  : [Arg] extends [Data]
    ? true
    : false;

/** The type of a parameter with `@JobData('property')`: the property, or any simple value that a pipe makes of it. */
type PropertyOf<Data> = Data extends readonly unknown[]
  ? never
  : Data extends object
    ? Data[keyof Data] | string | number | bigint | boolean | Date
    : never;
