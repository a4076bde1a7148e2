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

/** @returns what puts enhancers around a function as if it were the handler. */
export const contextCreator = (parts: PipelineParts): ExternalContextCreator =>
  ExternalContextCreator.fromContainer(containerOf(parts));

/** @returns what puts enhancers around the handler itself. It reaches into Nest where that is not public. */
export function jobContextCreator(parts: PipelineParts): ExternalContextCreator {
  const { handler, host } = parts;
  const creator = contextCreator(parts);
  // Nest's own would wait for the last value of a stream.
  creator.transformToResult = (result) => Promise.resolve(result);
  callMethodInside(creator, handler, host);
  showDeclaredMethod(creator, handler);
  fenceInterceptors(creator);
  return creator;
}

/**
 * Calls the method itself where Nest would call what it was given, which guards and interceptors get as `getHandler()`. An
 * interceptor may let go of its job whenever and wherever it likes.
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

/** A schema is validated by Nest's own pipe where there is one, as its options say, and by ours where there is none. */
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

/** Shows parameter decorators the method that guards and interceptors see, where a spy is in its place. */
function showDeclaredMethod(creator: ExternalContextCreator, { declared }: HandlerMethod): void {
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

/**
 * The application's container as the pipeline of one handler sees it: with the module that has the handler, be it a
 * provider, a controller or an object from a factory, and with the application's enhancers that it is to have.
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
