import type { ArgumentsHost } from '@nestjs/common';
import type { JobContext } from '../../worker/running/job-context.js';

/** What `getType()` of an `ExecutionContext` or an `ArgumentsHost` says while a job is run. */
export type ReqRepContextType = 'reqrep';

/** The job that a guard, an interceptor, a filter or a parameter decorator is called for. */
export interface ReqRepArgumentsHost {
  /** The data of the job, as it came: pipes have not run on it. */
  getData<Data = unknown>(): Data;
  /** The job itself. */
  getJob(): JobContext;
}

/**
 * Reaches the job, as `switchToRpc()` and `switchToHttp()` do for other kinds of handlers.
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
