import type { ArgumentsHost } from '@nestjs/common';
import type { JobContext } from '../../worker/running/job-context.js';

/** The result of `getType()` of an `ExecutionContext` or an `ArgumentsHost` while a job is run. */
export type ReqRepContextType = 'reqrep';

/** Gives a guard, an interceptor, a filter or a parameter decorator the job that it is called for. */
export interface ReqRepArgumentsHost {
  /** Returns the data of the job as the caller sent it, before pipes run. */
  getData<Data = unknown>(): Data;
  /** Returns the context of the job. */
  getJob(): JobContext;
}

/**
 * Returns the job that an `ExecutionContext` or an `ArgumentsHost` is about, as `switchToHttp()` does for HTTP requests.
 *
 * @param host - The context, whose `getType()` is `'reqrep'`.
 *
 * @example
 * ```ts
 * canActivate(context: ExecutionContext): boolean {
 *   if (context.getType<ContextType | ReqRepContextType>() !== 'reqrep') return true;
 *   return switchToReqRep(context).getJob().headers['tenant'] !== undefined;
 * }
 * ```
 */
export function switchToReqRep(host: ArgumentsHost): ReqRepArgumentsHost {
  return {
    getData: <Data>() => host.getArgByIndex<Data>(0),
    getJob: () => host.getArgByIndex<JobContext>(1),
  };
}
