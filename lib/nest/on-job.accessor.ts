import 'reflect-metadata';
import { describeValue } from '../errors/option-rules.js';
import type { OnJobOptions } from './on-job.decorator.js';

/** The key under which a method says which queues it answers. */
export const JOB_ROUTES = 'nestjs-reqrep:job-routes';

/** One `@OnJob` as it was written. */
export interface JobRoute {
  readonly queue: string;
  readonly options: OnJobOptions;
}

/** What `@OnJob` says of a method; nothing for a method without it. */
export function getJobRoutes(method: unknown): readonly JobRoute[] {
  return typeof method === 'function' ? (Reflect.getMetadata(JOB_ROUTES, method) ?? []) : [];
}

/** The decorator as an error names it, whatever was given for a queue. */
export const nameOfRoute = (queue: unknown): string =>
  `@OnJob(${typeof queue === 'string' ? JSON.stringify(queue) : describeValue(queue)})`;
