import { AsyncResource } from 'node:async_hooks';
import { Observable } from 'rxjs';
import { currentJob } from '../../core/current-job.js';
import { fenced } from '../../worker/running/fenced-stream.js';
import type { RunContext } from '../../worker/running/run-context.js';
import { isStream, streamOf } from '../../worker/running/stream-source.js';
import { callHandler, type HandlerMethod } from './handler-method.js';
import { contextIndexes } from './job-parameters.js';

/** @returns the call of a handler's method, with a stream that an interceptor can follow. */
export function methodCall(
  { classRef, method }: HandlerMethod,
  host: object,
): (args: unknown[], job: RunContext) => Promise<unknown> {
  const places = contextIndexes(classRef, method);
  return (args, job) => {
    job.throwIfAborted();
    for (const place of places) {
      args[place] = job;
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

/** Lets the job know what its method throws, which enhancers may turn into something else. */
async function resultOf(job: RunContext, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    job.threw(error);
    throw error;
  }
}

/** A stream whose source is called in the async context that the method was called in. */
const subscribedWithin = <Value>(
  within: (begin: () => unknown) => unknown,
  values: Observable<Value>,
): Observable<Value> =>
  new Observable((subscriber) => {
    within(() => subscriber.add(values.subscribe(subscriber)));
  });
