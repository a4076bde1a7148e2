import 'reflect-metadata';
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
