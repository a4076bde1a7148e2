import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';
import { contextPlaces, DECORATED_PARAMETERS, hasDecoratedParameters } from './job-parameters.js';

/** Where Nest keeps what `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters` say. */
const FILTERS = '__exceptionFilters__';
const ENHANCERS = ['__guards__', '__pipes__', '__interceptors__', FILTERS];

/** Whether there is anything between a job and the method, so that it cannot be called as it is. */
export function isEnhanced(handler: HandlerMethod, globals: ApplicationConfig): boolean {
  const { classRef, method } = handler;
  return (
    ENHANCERS.some((key) => metadataOf(key, handler).length > 0) ||
    hasDecoratedParameters(classRef, method) ||
    contextPlaces(classRef, method).length > 0 ||
    globals.getGlobalGuards().length > 0 ||
    globals.getGlobalPipes().length > 0 ||
    globals.getGlobalInterceptors().length > 0 ||
    globals.getGlobalFilters().length > 0
  );
}

export const hasFilters = (handler: HandlerMethod, globals: ApplicationConfig): boolean =>
  metadataOf(FILTERS, handler).length > 0 || globals.getGlobalFilters().length > 0;

/**
 * The enhancers of a handler that Nest has not made: it reads the decorators of the classes that modules name, and
 * so not those of an object that comes out of a factory. Without this its guards would not run.
 */
export async function createMissingEnhancers(
  handler: HandlerMethod,
): Promise<ReadonlyMap<Function, ProviderWrapper>> {
  const { host } = handler.wrapper;
  const classes = [
    ...ENHANCERS.flatMap((key) => metadataOf(key, handler)),
    ...parameterPipes(handler),
  ].filter((item) => typeof item === 'function');
  const missing = [...new Set(classes)].filter((item) => !host?.injectables.has(item));
  const made = missing.map(async (item) => [item, await createEnhancer(handler, item)] as const);
  return new Map(await Promise.all(made));
}

async function createEnhancer(
  { wrapper }: HandlerMethod,
  item: Function,
): Promise<ProviderWrapper> {
  const moduleRef = wrapper.host?.getProviderByKey(ModuleRef).instance;
  const instance: unknown = await moduleRef?.create(item as Type);
  const held: Partial<ProviderWrapper> = {
    token: item,
    metatype: item,
    isTransient: false,
    isNotMetatype: false,
    isDependencyTreeDurable: () => false,
    getInstanceByContextId: () => ({ instance, isResolved: true, isConstructorCalled: true }),
  };
  return held as ProviderWrapper;
}

function metadataOf(key: string, { classRef, call }: HandlerMethod): readonly unknown[] {
  return [...(Reflect.getMetadata(key, classRef) ?? []), ...(Reflect.getMetadata(key, call) ?? [])];
}

function parameterPipes({ classRef, method }: HandlerMethod): readonly unknown[] {
  const parameters: object = Reflect.getMetadata(DECORATED_PARAMETERS, classRef, method) ?? {};
  return Object.values(parameters).flatMap(({ pipes }: { pipes?: unknown[] }) => pipes ?? []);
}
