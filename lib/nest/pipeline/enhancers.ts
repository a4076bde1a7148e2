import 'reflect-metadata';
import { Scope, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { InvalidOptionError } from '../../errors/index.js';
import { ENHANCER_KEYS, FILTERS_KEY } from './enhancer-metadata.js';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';
import { parameterPipes, takesDataAndJob } from './job-parameters.js';

/** Where Nest keeps what `@Injectable({ scope })` says. */
const SCOPE_KEY = 'scope:options';

/** Whether there is anything between a job and the method, so that it cannot be called as it is. */
export function isEnhanced(handler: HandlerMethod, globals: ApplicationConfig): boolean {
  return (
    ENHANCER_KEYS.some((key) => metadataOf(key, handler).length > 0) ||
    !takesDataAndJob(handler.classRef, handler.method) ||
    globals.getGlobalGuards().length > 0 ||
    globals.getGlobalPipes().length > 0 ||
    globals.getGlobalInterceptors().length > 0 ||
    globals.getGlobalFilters().length > 0
  );
}

export const hasFilters = (handler: HandlerMethod, globals: ApplicationConfig): boolean =>
  metadataOf(FILTERS_KEY, handler).length > 0 || globals.getGlobalFilters().length > 0;

/** The names of the filters that may be called for an error of a handler, for messages. */
export const filterNames = (handler: HandlerMethod, globals: ApplicationConfig): string =>
  [...metadataOf(FILTERS_KEY, handler), ...globals.getGlobalFilters()]
    .map((filter) => (typeof filter === 'function' ? filter : Object(filter).constructor)?.name)
    .filter((name) => typeof name === 'string' && name !== '')
    .join(', ');

/**
 * The enhancers of a handler that Nest has not made for it: it reads the decorators of the classes that modules name, and
 * so not those of an object that comes out of a factory. Without this its guards would not run.
 *
 * @throws InvalidOptionError where one would have to be made for each job: nobody makes it for such an object.
 */
export async function createMissingEnhancers(
  handler: HandlerMethod,
): Promise<ReadonlyMap<Function, ProviderWrapper>> {
  const { wrapper, classRef, method } = handler;
  const known = wrapper.host?.injectables;
  const attached = new Set(wrapper.getEnhancersMetadata());
  const classes = new Set(
    [
      ...ENHANCER_KEYS.flatMap((key) => metadataOf(key, handler)),
      ...parameterPipes(classRef, method),
    ].filter((item) => typeof item === 'function'),
  );
  const made = new Map<Function, ProviderWrapper>();
  for (const item of classes) {
    const found = known?.get(item);
    if (found && attached.has(found)) {
      continue;
    }
    if (found ? !found.isDependencyTreeStatic() : scopeOf(item) === Scope.REQUEST) {
      throw new InvalidOptionError(
        `${item.name} at ${classRef.name}#${method}`,
        `a singleton, because ${classRef.name} comes from a factory or a value`,
        `a request-scoped one (provide ${classRef.name} as a class, or remove \`scope: Scope.REQUEST\` from ${item.name} ` +
          'and what it injects)',
      );
    }
    if (!found) {
      made.set(item, await createEnhancer(handler, item));
    }
  }
  return made;
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

function metadataOf(key: string, { classRef, declared }: HandlerMethod): readonly unknown[] {
  return [
    ...(Reflect.getMetadata(key, classRef) ?? []),
    ...(Reflect.getMetadata(key, declared) ?? []),
  ];
}

const scopeOf = (item: Function): Scope | undefined => Reflect.getMetadata(SCOPE_KEY, item)?.scope;
