import { AsyncResource } from 'node:async_hooks';
import { currentJob } from '../../core/current-job.js';
import { fenced } from '../../worker/running/fenced-stream.js';
import type { RunContext } from '../../worker/running/run-context.js';
import { isStream, streamOf } from '../../worker/running/stream-source.js';
import { subscribedWithin } from '../../worker/running/subscribed-within.js';
import { callHandler, type HandlerMethod } from './handler-method.js';
import { contextIndexes } from './job-parameters.js';

/** @returns a function that calls a handler's method. A stream is returned as an Observable, so that interceptors can process it. */
export function methodCall(
  { classRef, method }: HandlerMethod,
  host: object,
): (args: unknown[], job: RunContext) => Promise<unknown> {
  const indexes = contextIndexes(classRef, method);
  return (args, job) => {
    job.throwIfAborted();
    for (const index of indexes) {
      args[index] = job;
    }
    return currentJob.run(job, async () => {
      const within = AsyncResource.bind((begin: () => unknown) => begin());
      const result = await resultOf(job, () => callHandler(host, method, ...args));
      return isStream(result)
        ? subscribedWithin(within, fenced(streamOf(result, job), job))
        : result;
    });
  };
}

/** Records the error of the method on the job, since enhancers may replace it. */
async function resultOf(job: RunContext, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    job.threw(error);
    throw error;
  }
}
