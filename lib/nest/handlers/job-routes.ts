import 'reflect-metadata';
import { describeValue } from '../../errors/value-text.js';
import type { OnJobOptions } from './on-job.decorator.js';

/** The key under which a prototype says which queues its methods answer, and a method which it does. */
const JOB_ROUTES = 'nestjs-reqrep:job-routes';

/** One `@OnJob` as it was written. */
export interface JobRoute {
  readonly queue: string;
  readonly options: OnJobOptions;
  /** The method that it decorates. Decorators above it may have replaced it since, without its metadata. */
  readonly decorated: Function;
}

/**
 * Keeps what an `@OnJob` says by the name of the method, since decorators above it may replace the function; and at the
 * function, since a mixin may copy it to another prototype.
 */
export function addJobRoute(prototype: object, method: string, route: JobRoute): void {
  const routes = [...getJobRoutes(prototype, method), route];
  const all = new Map(ownRoutes(prototype)).set(method, routes);
  Reflect.defineMetadata(JOB_ROUTES, all, prototype);
  Reflect.defineMetadata(JOB_ROUTES, routes, route.decorated);
}

/** What the `@OnJob` of a method of this very prototype say; nothing for a method that it inherits. */
export function getJobRoutes(prototype: object, method: string): readonly JobRoute[] {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
  return (
    ownRoutes(prototype)?.get(method) ??
    (typeof value === 'function' ? Reflect.getOwnMetadata(JOB_ROUTES, value) : undefined) ??
    []
  );
}

const ownRoutes = (prototype: object): ReadonlyMap<string, readonly JobRoute[]> | undefined =>
  Reflect.getOwnMetadata(JOB_ROUTES, prototype);

/** The decorator as an error names it, whatever was given for a queue. */
export const nameOfRoute = (queue: unknown): string =>
  `@OnJob(${typeof queue === 'string' ? JSON.stringify(queue) : describeValue(queue)})`;
