import { catchError, from, isObservable, mergeMap, of, type Observable } from 'rxjs';
import { fenced } from '../../worker/running/fenced-stream.js';
import type { RunContext } from '../../worker/running/run-context.js';
import { InterceptedReply } from '../../worker/running/stream-source.js';
import type { JobHandler } from '../../worker/worker-options.js';
import { hasFilters } from './enhancers.js';
import { jobContextCreator } from './external-context.js';
import { createFilter, errorToReport } from './job-filter.js';
import { JOB_PARAMETERS_KEY, jobParameters } from './job-parameters.js';
import type { PipelineParts } from './pipeline-parts.js';

type Handle = JobHandler['handle'];
type Callback = (...args: unknown[]) => unknown;

/** Wraps a method in Nest's guards, interceptors, pipes and filters, by `ExternalContextCreator`. */
export function createPipeline(parts: PipelineParts): Handle {
  const { handler, host, contextId, globalEnhancers } = parts;
  const creator = jobContextCreator(parts);
  const run = creator.create(
    host,
    handler.declared as Callback,
    handler.method,
    JOB_PARAMETERS_KEY,
    jobParameters,
    contextId,
    handler.wrapper.id,
    { guards: true, interceptors: true, filters: false },
    'reqrep',
  );
  const filter = hasFilters(handler, globalEnhancers) ? createFilter(parts) : undefined;
  const fail = async (data: unknown, job: RunContext, error: unknown): Promise<unknown> => {
    const reason = errorToReport(error, job.handledBefore(error), job, 'an interceptor');
    if (!filter) {
      throw reason;
    }
    return filter(data, job, reason);
  };

  return async (data, job) => {
    try {
      const reply: unknown = await run(data, job);
      return isObservable(reply)
        ? new InterceptedReply(
            reply.pipe(
              catchError((error: unknown) => from(fail(data, job, error)).pipe(flatWithin(job))),
            ),
          )
        : reply;
    } catch (error) {
      return asReply(await fail(data, job, error));
    }
  };
}

const asReply = (reply: unknown): unknown =>
  isObservable(reply) ? new InterceptedReply(reply) : reply;

const flatWithin = (job: RunContext) =>
  mergeMap((reply: unknown): Observable<unknown> =>
    isObservable(reply) ? fenced(reply, job) : of(reply),
  );
