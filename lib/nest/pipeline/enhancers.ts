import 'reflect-metadata';
import { Scope, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { InvalidOptionError } from '../../errors/index.js';
import { ENHANCER_KEYS, FILTERS_KEY } from './enhancer-metadata.js';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';
import { parameterPipes, takesDataAndJob } from './job-parameters.js';

/** Metadata key of Nest for `@Injectable({ scope })`. */
const SCOPE_KEY = 'scope:options';

/** Whether a guard, pipe, interceptor or filter applies, so that the method cannot be called directly. */
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

/** Lists the names of the filters that may be called for an error of a handler, for messages. */
export const filterNames = (handler: HandlerMethod, globals: ApplicationConfig): string =>
  [...metadataOf(FILTERS_KEY, handler), ...globals.getGlobalFilters()]
    .map((filter) => (typeof filter === 'function' ? filter : Object(filter).constructor)?.name)
    .filter((name) => typeof name === 'string' && name !== '')
    .join(', ');

/**
 * Creates the enhancers of a handler that Nest has not created: Nest reads the decorators of the classes that modules list, but
 * not those of an object from a factory, whose guards would otherwise not run.
 *
 * @throws InvalidOptionError for a request-scoped enhancer, which Nest cannot create for such an object.
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
