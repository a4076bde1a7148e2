import { AsyncResource } from 'node:async_hooks';
import type { NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator, type ApplicationConfig, type ContextId } from '@nestjs/core';
import { catchError, from, isObservable, mergeMap, Observable, of } from 'rxjs';
import { isError, propertyOf, shown } from '../../errors/error-text.js';
import { toErrorForm } from '../../protocol/wire/error-form.js';
import { fenced } from '../../worker/running/fenced-stream.js';
import type { JobContext } from '../../worker/running/job-context.js';
import { InterceptedReply, isStream, streamOf } from '../../worker/running/stream-source.js';
import type { JobHandler } from '../../worker/worker-options.js';
import { currentJob } from '../../core/current-job.js';
import { FILTERS } from './enhancer-metadata.js';
import { filterNames, hasFilters } from './enhancers.js';
import { callHandler, type HandlerMethod, type ProviderWrapper } from './handler-method.js';
import { contextPlaces, JOB_PARAMETERS, jobParameters, schemaOf } from './job-parameters.js';
import { SchemaPipe, validateSchemas } from './schema-pipe.js';

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
type Callback = (...args: unknown[]) => unknown;

/** Puts Nest's guards, interceptors, pipes and filters around a method, with `ExternalContextCreator`. */
export function createPipeline(parts: PipelineParts): Handle {
  const { handler, host, contextId, globals } = parts;
  const creator = ExternalContextCreator.fromContainer(containerOf(parts));
  // Nest's own would wait for the last value of a stream.
  creator.transformToResult = (result) => Promise.resolve(result);
  callWithin(creator, handler, host);
  showDeclared(creator, handler);
  fenceInterceptors(creator);
  const run = creator.create(
    host,
    handler.declared as Callback,
    handler.method,
    JOB_PARAMETERS,
    jobParameters,
    contextId,
    handler.wrapper.id,
    { guards: true, interceptors: true, filters: false },
    'reqrep',
  );
  const filter = hasFilters(handler, globals) ? createFilter(parts) : undefined;
  const fail = async (data: unknown, job: JobContext, error: unknown): Promise<unknown> => {
    const reason = reasonOf(error, job.handledBefore(error), job, 'an interceptor');
    if (!filter) {
      throw reason;
    }
    return filter(data, job, reason);
  };

  return async (data, job) => {
    try {
      const reply: unknown = await run(data, job);
      return isObservable(reply)
        ? new InterceptedReply(
            reply.pipe(
              catchError((error: unknown) => from(fail(data, job, error)).pipe(flatWithin(job))),
            ),
          )
        : reply;
    } catch (error) {
      return asReply(await fail(data, job, error));
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
  const rethrow = (_data: unknown, _job: unknown, error: unknown): never => {
    throw error;
  };
  Reflect.defineMetadata(FILTERS, Reflect.getMetadata(FILTERS, handler.declared) ?? [], rethrow);
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
  const place = `an exception filter (${filterNames(handler, parts.globals)})`;
  return async (data, job, error) => {
    job.threw(error);
    let answer: unknown;
    try {
      // A filter that gives nothing instead of the error has only looked at it, and a cancellation is no error.
      answer = job.isAborted ? undefined : await filter(data, job, error);
    } catch (failure) {
      throw reasonOf(failure, error, job, place);
    }
    if (answer === undefined) {
      throw error;
    }
    return answer;
  };
}

/** What calling something that is not there throws: a filter that is written for HTTP looks for a response. */
const MISTAKES: ReadonlySet<unknown> = new Set(['TypeError', 'ReferenceError']);

/**
 * What a job fails with where an enhancer has thrown while it handled an error. What it throws stands instead of that error, unless
 * it shows that the enhancer itself does not work: then that goes to the log, and the caller gets the error that was handled.
 */
function reasonOf(failure: unknown, handled: unknown, job: JobContext, place: string): unknown {
  const isMistake =
    handled !== undefined &&
    handled !== failure &&
    isError(failure) &&
    MISTAKES.has(propertyOf(failure, 'name'));
  if (!isMistake) {
    return failure;
  }
  const { name, message } = toErrorForm(handled);
  job.strayed(`${place}, which was to handle "${shown(`${name}: ${message}`)}",`, failure);
  return handled;
}

/**
 * Calls the method itself where Nest would call what it was given, which guards and interceptors get as `getHandler()`. An
 * interceptor may let go of its job whenever and wherever it likes.
 */
function callWithin(creator: ExternalContextCreator, handler: HandlerMethod, host: object): void {
  let applyPipes: ReturnType<ExternalContextCreator['createPipesFn']> = null;
  const pipesOf = creator.createPipesFn.bind(creator);
  creator.createPipesFn = (pipes, parameters) => {
    applyPipes = pipesOf(
      pipes,
      parameters.map((parameter) => withSchemaPipe(handler, pipes, parameter)),
    );
    return applyPipes;
  };
  const consumer: { intercept(...parts: unknown[]): Promise<unknown> } = Reflect.get(
    creator,
    'interceptorsConsumer',
  );
  const intercept = consumer.intercept.bind(consumer);
  const call = callOf(handler, host);
  consumer.intercept = (interceptors, given, instance, declared, _next, type) => {
    const [data, job] = given as [unknown, JobContext];
    const pipeAndCall = async (): Promise<unknown> => {
      const args: unknown[] = [];
      await applyPipes?.(args, data, job);
      return call(args, job);
    };
    const next = (): Promise<unknown> => {
      const answer = pipeAndCall();
      job.include(answer);
      return answer;
    };
    return intercept(interceptors, given, instance, declared, next, type);
  };
}

/** A schema is validated by Nest's own pipe where there is one, as its options say, and by ours where there is none. */
function withSchemaPipe<Parameter extends { readonly index: number; readonly pipes: unknown[] }>(
  { classRef, method }: HandlerMethod,
  pipes: readonly unknown[],
  parameter: Parameter,
): Parameter {
  const schema = schemaOf(classRef, method, parameter.index);
  return schema === undefined || validateSchemas([...pipes, ...parameter.pipes])
    ? parameter
    : { ...parameter, pipes: [new SchemaPipe(schema), ...parameter.pipes] };
}

/** Shows parameter decorators the method that guards and interceptors see, where a spy is in its place. */
function showDeclared(creator: ExternalContextCreator, { declared }: HandlerMethod): void {
  const contexts: { getContextFactory(...parts: unknown[]): unknown } = Reflect.get(
    creator,
    'contextUtils',
  );
  const factoryOf = contexts.getContextFactory.bind(contexts);
  contexts.getContextFactory = (type, instance) => factoryOf(type, instance, declared);
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

/** The call of the method, with a stream that an interceptor can follow. */
function callOf(
  { classRef, method }: HandlerMethod,
  host: object,
): (args: unknown[], job: JobContext) => Promise<unknown> {
  const places = contextPlaces(classRef, method);
  return (args, job) => {
    job.throwIfAborted();
    for (const place of places) {
      args[place] = job;
    }
    return currentJob.run(job, async () => {
      const within = AsyncResource.bind((begin: () => unknown) => begin());
      const result = await resultOf(job, () => callHandler(host, method, ...args));
      return isStream(result) ? followedWithin(within, fenced(streamOf(result, job), job)) : result;
    });
  };
}

/** Lets the job know what its method throws, which enhancers may turn into something else. */
async function resultOf(job: JobContext, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    job.threw(error);
    throw error;
  }
}

/** A stream whose source is called in the async context that the method was called in. */
const followedWithin = <Value>(
  within: (begin: () => unknown) => unknown,
  values: Observable<Value>,
): Observable<Value> =>
  new Observable((subscriber) => {
    within(() => subscriber.add(values.subscribe(subscriber)));
  });

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
