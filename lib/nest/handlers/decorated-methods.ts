import 'reflect-metadata';
import { ENHANCER_KEYS } from '../pipeline/enhancer-metadata.js';
import { getJobRoutes, type JobRoute } from './job-routes.js';

/** One `@OnJob` that objects have from their class. */
export interface DecoratedMethod extends JobRoute {
  readonly method: string;
  /** The method as its class has it now, with the metadata of all decorators. */
  readonly declared: Function;
}

/**
 * Finds the methods under `@OnJob` of a prototype and of those that it extends. A method that takes the place of another has
 * its own `@OnJob` only, as with the routes of Nest.
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
  // A decorator above may also have made an accessor of it, which must not be called here.
  const declared = typeof value === 'function' ? value : first.decorated;
  for (const { decorated } of routes) {
    if (decorated !== declared) {
      copyMetadata(decorated, declared);
    }
  }
  return routes.map((route) => ({ ...route, method, declared }));
}

/** Gives a function that has replaced a method what was said of the method: its guards must not be lost with it. */
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
