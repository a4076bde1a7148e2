import { getJobRoutes, JOB_ROUTES } from './on-job.accessor.js';

/** Options of one `@OnJob`. */
export interface OnJobOptions {
  /** Jobs that the handler runs at a time. @default the module's `concurrency`, 16 unless set */
  concurrency?: number | undefined;
  /** How often a job may be started. @default the module's `maxDeliveries`, 3 unless set */
  maxDeliveries?: number | undefined;
  /** ms one run may take; past it the caller gets an error and `job.signal` aborts. @default 0 - no limit */
  timeout?: number | undefined;
  /** The named instance of `ReqRepModule` whose queue it is. */
  instance?: string | undefined;
}

/** A method that can answer jobs: it takes the data and the `JobContext`, or less. */
export type JobMethod = (...args: never[]) => unknown;

/**
 * Makes a method of a provider or a controller answer the jobs of a queue. It is found when the application
 * starts; what it returns, or what its promise resolves to, is the reply. It may stand on a method more than once.
 *
 * @param queue - the name that callers hand to `RequestClient.send`.
 * @example
 * ```ts
 * @OnJob('reports', { concurrency: 8 })
 * async render(data: { id: string }, job: JobContext): Promise<Report> {}
 * ```
 */
export function OnJob(queue: string, options: OnJobOptions = {}) {
  return <Method extends JobMethod>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const method = descriptor.value;
    if (method) {
      const routes = [...getJobRoutes(method), { queue, options }];
      Reflect.defineMetadata(JOB_ROUTES, routes, method);
    }
  };
}
