import { isError, propertyOf, shown } from '../../errors/error-text.js';
import { toWireError } from '../../protocol/wire/wire-error.js';
import type { RunContext } from '../../worker/running/run-context.js';
import { FILTERS_KEY } from './enhancer-metadata.js';
import { filterNames } from './enhancers.js';
import { contextCreator } from './external-context.js';
import type { PipelineParts } from './pipeline-parts.js';

/**
 * Makes a call that runs the exception filters alone, since errors of a stream occur after the handler has returned. It uses a
 * creator of its own, because that of Nest 11 caches the parameters of a method by its name alone.
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
  const what = `an exception filter (${filterNames(handler, globalEnhancers)})`;
  return async (data, job, error) => {
    job.threw(error);
    let answer: unknown;
    try {
      // A filter that returns nothing has only observed the error. An abort is no error, so filters do not see it.
      answer = job.isAborted ? undefined : await filter(data, job, error);
    } catch (failure) {
      throw errorToReport(failure, error, job, what);
    }
    if (answer === undefined) {
      throw error;
    }
    return answer;
  };
}

/** Errors of a broken enhancer, such as a filter written for HTTP that calls a method of the missing response. */
const PROGRAMMING_ERRORS: ReadonlySet<unknown> = new Set(['TypeError', 'ReferenceError']);

/**
 * Returns the error that a job fails with after an enhancer threw while it handled an error. The error of the enhancer replaces
 * the handled one, unless it shows that the enhancer is broken: then it is logged, and the caller gets the handled error.
 */
export function errorToReport(
  failure: unknown,
  handled: unknown,
  job: RunContext,
  what: string,
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
  job.strayed(`${what}, called to handle "${shown(`${name}: ${message}`)}",`, failure);
  return handled;
}
