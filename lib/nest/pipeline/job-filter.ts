import { isError, propertyOf, shown } from '../../errors/error-text.js';
import { toWireError } from '../../protocol/wire/wire-error.js';
import type { RunContext } from '../../worker/running/run-context.js';
import { FILTERS_KEY } from './enhancer-metadata.js';
import { filterNames } from './enhancers.js';
import { contextCreator } from './external-context.js';
import type { PipelineParts } from './pipeline-parts.js';

/**
 * Puts filters around the rest in a call of their own, since errors of a stream come when that has returned. Their
 * creator is another, too: that of Nest 11 remembers the parameters of a method by its name alone.
 */
export function createFilter(
  parts: PipelineParts,
): (data: unknown, job: RunContext, error: unknown) => Promise<unknown> {
  const { handler, host, contextId, globalEnhancers } = parts;
  const rethrow = (_data: unknown, _job: unknown, error: unknown): never => {
    throw error;
  };
  Reflect.defineMetadata(
    FILTERS_KEY,
    Reflect.getMetadata(FILTERS_KEY, handler.declared) ?? [],
    rethrow,
  );
  const creator = contextCreator(parts);
  const filter = creator.create(
    host,
    rethrow,
    handler.method,
    undefined,
    undefined,
    contextId,
    handler.wrapper.id,
    { guards: false, interceptors: false, filters: true },
    'reqrep',
  );
  const place = `an exception filter (${filterNames(handler, globalEnhancers)})`;
  return async (data, job, error) => {
    job.threw(error);
    let answer: unknown;
    try {
      // A filter that gives nothing instead of the error has only looked at it, and a cancellation is no error.
      answer = job.isAborted ? undefined : await filter(data, job, error);
    } catch (failure) {
      throw errorToReport(failure, error, job, place);
    }
    if (answer === undefined) {
      throw error;
    }
    return answer;
  };
}

/** What calling something that is not there throws: a filter that is written for HTTP looks for a response. */
const PROGRAMMING_ERRORS: ReadonlySet<unknown> = new Set(['TypeError', 'ReferenceError']);

/**
 * What a job fails with where an enhancer has thrown while it handled an error. What it throws stands instead of that error, unless
 * it shows that the enhancer itself does not work: then that goes to the log, and the caller gets the error that was handled.
 */
export function errorToReport(
  failure: unknown,
  handled: unknown,
  job: RunContext,
  place: string,
): unknown {
  const isMistake =
    handled !== undefined &&
    handled !== failure &&
    isError(failure) &&
    PROGRAMMING_ERRORS.has(propertyOf(failure, 'name'));
  if (!isMistake) {
    return failure;
  }
  const { name, message } = toWireError(handled);
  job.strayed(`${place}, called to handle "${shown(`${name}: ${message}`)}",`, failure);
  return handled;
}
