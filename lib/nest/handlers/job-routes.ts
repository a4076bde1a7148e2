import 'reflect-metadata';
import { describeValue } from '../../errors/value-text.js';
import type { OnJobOptions } from './on-job.decorator.js';

/** Metadata key: on a prototype the routes of all its methods, on a method its own routes. */
const JOB_ROUTES = 'nestjs-reqrep:job-routes';

/** The arguments of one `@OnJob`. */
export interface JobRoute {
  readonly queue: string;
  readonly options: OnJobOptions;
  /** The decorated function. Other decorators may have replaced it since, without its metadata. */
  readonly decorated: Function;
}

/**
 * Stores the arguments of an `@OnJob` by the name of the method, since other decorators may replace the function; and on the
 * function, since a mixin may copy the function to another prototype.
 */
export function addJobRoute(prototype: object, method: string, route: JobRoute): void {
  const routes = [...getJobRoutes(prototype, method), route];
  const all = new Map(ownRoutes(prototype)).set(method, routes);
  Reflect.defineMetadata(JOB_ROUTES, all, prototype);
  Reflect.defineMetadata(JOB_ROUTES, routes, route.decorated);
}

/** Returns the routes of an own method of a prototype; none for an inherited method. */
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

/** Names the decorator for an error message, whatever value was given for the queue. */
export const nameOfRoute = (queue: unknown): string =>
  `@OnJob(${typeof queue === 'string' ? JSON.stringify(queue) : describeValue(queue)})`;
