import 'reflect-metadata';
import { ENHANCER_KEYS } from '../pipeline/enhancer-metadata.js';
import { getJobRoutes, type JobRoute } from './job-routes.js';

/** One `@OnJob` on a method of a class. */
export interface DecoratedMethod extends JobRoute {
  readonly method: string;
  /** The function that the class now has under this name, with the metadata of all decorators. */
  readonly declared: Function;
}

/**
 * Finds the methods with `@OnJob` of a prototype and its ancestors. An overriding method has its own `@OnJob` only, as with the
 * routes of Nest.
 */
export function decoratedMethodsOf(prototype: object): DecoratedMethod[] {
  const found: DecoratedMethod[] = [];
  const seen = new Set<string>();
  for (
    let owner: object | null = prototype;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const method of Object.getOwnPropertyNames(owner)) {
      if (!seen.has(method)) {
        seen.add(method);
        found.push(...decoratedMethod(owner, method));
      }
    }
  }
  return found;
}

function decoratedMethod(owner: object, method: string): DecoratedMethod[] {
  const routes = getJobRoutes(owner, method);
  const [first] = routes;
  if (!first) {
    return [];
  }
  const value: unknown = Object.getOwnPropertyDescriptor(owner, method)?.value;
  // Another decorator may have replaced the method by an accessor, which must not be called here.
  const declared = typeof value === 'function' ? value : first.decorated;
  for (const { decorated } of routes) {
    if (decorated !== declared) {
      copyMetadata(decorated, declared);
    }
  }
  return routes.map((route) => ({ ...route, method, declared }));
}

/** Copies the metadata of a method to the function that replaced it, so that guards and other enhancers still apply. */
function copyMetadata(from: Function, to: Function): void {
  for (const key of Reflect.getMetadataKeys(from)) {
    const lost: unknown = Reflect.getMetadata(key, from);
    const kept: unknown = Reflect.getMetadata(key, to);
    if (kept === undefined) {
      Reflect.defineMetadata(key, lost, to);
    } else if (ENHANCER_KEYS.includes(key) && Array.isArray(lost) && Array.isArray(kept)) {
      Reflect.defineMetadata(key, [...new Set([...lost, ...kept])], to);
    }
  }
}
