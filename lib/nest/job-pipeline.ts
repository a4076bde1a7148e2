import { AsyncResource } from 'node:async_hooks';
import type { NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator, type ApplicationConfig, type ContextId } from '@nestjs/core';
import { catchError, from, isObservable, mergeMap, Observable, of } from 'rxjs';
import { fenced } from '../worker/fenced-stream.js';
import type { JobContext } from '../worker/job-context.js';
import { InterceptedReply, isStream, streamOf } from '../worker/stream-source.js';
import type { JobHandler } from '../worker/worker-options.js';
import { currentJob } from './current-job.js';
import { hasFilters } from './enhancers.js';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';
import { contextPlaces, JOB_PARAMETERS, jobParameters } from './job-parameters.js';

type NestContainer = Parameters<typeof ExternalContextCreator.fromContainer>[0];

/** What a pipeline is made of. */
export interface PipelineParts {
  readonly handler: HandlerMethod;
  /** The object whose method answers. */
  readonly host: object;
  readonly container: NestContainer;
  /** The application's enhancers that run on jobs. */
  readonly globals: ApplicationConfig;
  /** Enhancers that Nest does not have in the module of the handler. */
  readonly made: ReadonlyMap<Function, ProviderWrapper>;
  /** That of one job, where the handler is made for each; absent = static. */
  readonly contextId?: ContextId | undefined;
}

type Handle = JobHandler['handle'];

/** Puts Nest's guards, interceptors, pipes and filters around a method, with `ExternalContextCreator`. */
export function createPipeline(parts: PipelineParts): Handle {
  const { handler, host, contextId, globals } = parts;
  const creator = ExternalContextCreator.fromContainer(containerOf(parts));
  // Nest's own would wait for the last value of a stream.
  creator.transformToResult = (result) => Promise.resolve(result);
  handOverJob(creator);
  fenceInterceptors(creator);
  const run = creator.create(
    host,
    callOf(handler),
    handler.method,
    JOB_PARAMETERS,
    jobParameters,
    contextId,
    handler.wrapper.id,
    { guards: true, interceptors: true, filters: false },
    'reqrep',
  );
  const filter = hasFilters(handler, globals) ? createFilter(parts) : undefined;

  return async (data, job) => {
    if (!filter) {
      return asReply(await run(data, job));
    }
    try {
      const reply: unknown = await run(data, job);
      return isObservable(reply)
        ? new InterceptedReply(
            reply.pipe(
              catchError((error: unknown) => from(filter(data, job, error)).pipe(flatWithin(job))),
            ),
          )
        : reply;
    } catch (error) {
      return asReply(await filter(data, job, error));
    }
  };
}

/**
 * Filters stand around the rest in a call of their own, since errors of a stream come when that has returned. Their
 * creator is another, too: that of Nest 11 remembers the parameters of a method by its name alone.
 */
function createFilter({
  handler,
  host,
  contextId,
  ...parts
}: PipelineParts): (data: unknown, job: JobContext, error: unknown) => Promise<unknown> {
  const rethrow = withMetadataOf(
    handler.call,
    (_data: unknown, _job: unknown, error: unknown): never => {
      throw error;
    },
  );
  const creator = ExternalContextCreator.fromContainer(containerOf({ handler, host, ...parts }));
  const filter = creator.create(
    host,
    rethrow,
    handler.method,
    undefined,
    undefined,
    contextId,
    handler.wrapper.id,
    { guards: false, interceptors: false, filters: true },
    'reqrep',
  );
  return async (data, job, error) => {
    // A filter that gives nothing instead of the error has only looked at it, and a cancellation is no error.
    const answer: unknown = job.isAborted ? undefined : await filter(data, job, error);
    if (answer === undefined) {
      throw error;
    }
    return answer;
  };
}

/** Lets the method know its job, behind all arguments: an interceptor may call it whenever and wherever it likes. */
function handOverJob(creator: ExternalContextCreator): void {
  const pipesOf = creator.createPipesFn.bind(creator);
  creator.createPipesFn = (pipes, parameters) => {
    const apply = pipesOf(pipes, parameters);
    return async (args, data, job) => {
      await apply?.(args, data, job);
      args.push(job);
    };
  };
}

/**
 * Puts a fence around what each interceptor returns: Nest merges their streams, and an exception of a teardown would leave the
 * merged one without an end.
 */
function fenceInterceptors(creator: ExternalContextCreator): void {
  const made: { create(...parts: unknown[]): NestInterceptor[] } = Reflect.get(
    creator,
    'interceptorsContextCreator',
  );
  const create = made.create.bind(made);
  made.create = (...parts) =>
    create(...parts).map((interceptor) => ({
      async intercept(context, next) {
        const reply: unknown = await interceptor.intercept(context, next);
        return isObservable(reply) ? fenced(reply, context.getArgByIndex(1)) : (reply as never);
      },
    }));
}

/** The method as Nest is to see it: with its metadata, and with a stream that an interceptor can follow. */
function callOf({ classRef, method, call }: HandlerMethod): (...args: unknown[]) => unknown {
  const places = contextPlaces(classRef, method);
  return withMetadataOf(call, function (this: object, ...args: unknown[]) {
    const job = args.pop() as JobContext;
    job.throwIfAborted();
    for (const place of places) {
      args[place] = job;
    }
    const answer = currentJob.run(job, async () => {
      const within = AsyncResource.bind((begin: () => unknown) => begin());
      const result = await call.apply(this, args);
      return isStream(result) ? followedWithin(within, fenced(streamOf(result, job), job)) : result;
    });
    job.include(answer);
    return answer;
  });
}

/** A stream whose source is called in the async context that the method was called in. */
const followedWithin = <Value>(
  within: (begin: () => unknown) => unknown,
  values: Observable<Value>,
): Observable<Value> =>
  new Observable((subscriber) => {
    within(() => subscriber.add(values.subscribe(subscriber)));
  });

/** `Reflector` and logs of enhancers ask the function that `getHandler()` gives them. */
function withMetadataOf<Call extends (...args: unknown[]) => unknown>(
  method: Function,
  call: Call,
): Call {
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), call);
  }
  return Object.defineProperty(call, 'name', { value: method.name });
}

/**
 * The application's container as the pipeline of one handler sees it: with the module that has the handler, be it a
 * provider, a controller or an object from a factory, and with the application's enhancers that it is to have.
 */
function containerOf({ handler, container, globals, made }: PipelineParts): NestContainer {
  const { wrapper, classRef } = handler;
  const host = Object.create(wrapper.host ?? null, {
    providers: { value: new Map([[classRef, wrapper]]) },
    injectables: { value: new Map([...(wrapper.host?.injectables ?? []), ...made]) },
    hasProvider: { value: () => true },
  });
  return Object.create(container, {
    applicationConfig: { value: globals },
    getModules: { value: () => new Map([['host', host]]) },
  });
}

const asReply = (reply: unknown): unknown =>
  isObservable(reply) ? new InterceptedReply(reply) : reply;

const flatWithin = (job: JobContext) =>
  mergeMap((reply: unknown): Observable<unknown> =>
    isObservable(reply) ? fenced(reply, job) : of(reply),
  );
