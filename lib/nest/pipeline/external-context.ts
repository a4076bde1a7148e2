import type { NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { fenced } from '../../worker/running/fenced-stream.js';
import type { RunContext } from '../../worker/running/run-context.js';
import type { HandlerMethod } from './handler-method.js';
import { schemaOf } from './job-parameters.js';
import { methodCall } from './method-call.js';
import type { NestContainer, PipelineParts } from './pipeline-parts.js';
import { SchemaPipe, includesNestSchemaPipe } from './schema-pipe.js';

/** @returns a creator that applies the enhancers of a handler to another function. */
export const contextCreator = (parts: PipelineParts): ExternalContextCreator =>
  ExternalContextCreator.fromContainer(containerOf(parts));

/** @returns a creator that applies the enhancers to the handler itself. It uses parts of Nest that are not public. */
export function jobContextCreator(parts: PipelineParts): ExternalContextCreator {
  const { handler, host } = parts;
  const creator = contextCreator(parts);
  // The method of Nest would wait for the last value of a stream.
  creator.transformToResult = (result) => Promise.resolve(result);
  callMethodInside(creator, handler, host);
  showDeclaredMethod(creator, handler);
  fenceInterceptors(creator);
  return creator;
}

/**
 * Calls the current method of the object where Nest would call the declared function, which guards and interceptors get as
 * `getHandler()`. An interceptor may end its job before the method has ended, so the job includes the call.
 */
function callMethodInside(
  creator: ExternalContextCreator,
  handler: HandlerMethod,
  host: object,
): void {
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
  const call = methodCall(handler, host);
  consumer.intercept = (interceptors, given, instance, declared, _next, type) => {
    const [data, job] = given as [unknown, RunContext];
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

/** Adds our schema pipe to a parameter with a schema, unless Nest's own schema pipe applies to it. */
function withSchemaPipe<Parameter extends { readonly index: number; readonly pipes: unknown[] }>(
  { classRef, method }: HandlerMethod,
  pipes: readonly unknown[],
  parameter: Parameter,
): Parameter {
  const schema = schemaOf(classRef, method, parameter.index);
  return schema === undefined || includesNestSchemaPipe([...pipes, ...parameter.pipes])
    ? parameter
    : { ...parameter, pipes: [new SchemaPipe(schema), ...parameter.pipes] };
}

/** Gives parameter decorators the declared method, as guards and interceptors get it, even where a spy replaces the method. */
function showDeclaredMethod(creator: ExternalContextCreator, { declared }: HandlerMethod): void {
  const contexts: { getContextFactory(...parts: unknown[]): unknown } = Reflect.get(
    creator,
    'contextUtils',
  );
  const factoryOf = contexts.getContextFactory.bind(contexts);
  contexts.getContextFactory = (type, instance) => factoryOf(type, instance, declared);
}

/**
 * Fences the stream that each interceptor returns: Nest merges these streams, and an exception of a teardown would keep the merged
 * stream from ending.
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

/**
 * Returns a view of the application's container for the pipeline of one handler: only the module of the handler, which may be a
 * provider, a controller or an object from a factory, and only the global enhancers that run on jobs.
 */
function containerOf({
  handler,
  container,
  globalEnhancers,
  createdEnhancers,
}: PipelineParts): NestContainer {
  const { wrapper, classRef } = handler;
  const host = Object.create(wrapper.host ?? null, {
    providers: { value: new Map([[classRef, wrapper]]) },
    injectables: { value: new Map([...(wrapper.host?.injectables ?? []), ...createdEnhancers]) },
    hasProvider: { value: () => true },
  });
  return Object.create(container, {
    applicationConfig: { value: globalEnhancers },
    getModules: { value: () => new Map([['host', host]]) },
  });
}
