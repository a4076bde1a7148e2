import { truncate } from '../../errors/error-text.js';
import type { Death } from '../../protocol/wire/dead-letter.js';
import { toWireError, type WireError } from '../../protocol/wire/wire-error.js';
import type { JobHandler, WorkerOptions } from '../worker-options.js';
import type { JobRun } from './job-run.js';

/** Maximum length of the message and the stack in a letter, and of the error as JSON, UTF-16 units. */
const MAX_TEXT_LENGTH = 4_000;
const MAX_ERROR_LENGTH = 64_000;

/** What decides whether a failed job becomes a dead letter. */
interface FailureParts {
  readonly handler: Pick<JobHandler, 'deadLetterFailures'>;
  readonly options: Pick<WorkerOptions, 'describeError'>;
}

/**
 * @param form - the wire form of an error that the framework can describe.
 * @returns the death of a job whose handler threw; `undefined` where it does not become a dead letter.
 */
export function deathOf(
  { job, context }: Pick<JobRun, 'job' | 'context'>,
  error: unknown,
  form: WireError | undefined,
  { handler, options }: FailureParts,
): Death | undefined {
  const { deadLetterFailures } = handler;
  const isEmit = job.version === 2 && job.replyTo === undefined;
  if (deadLetterFailures === 'none' || (deadLetterFailures === 'emits' && !isEmit)) {
    return undefined;
  }
  const thrown = shortened(form ?? toWireError(error, options.describeError));
  return {
    reason: 'failed',
    message: thrown.message,
    attempts: context.attempt,
    error: thrown,
  };
}

/** Bounds an error, since the letter holds its job as well. */
function shortened(error: WireError): WireError {
  const { name, message, code, status, stack } = error;
  const plain = {
    name: truncate(name, MAX_TEXT_LENGTH),
    message: truncate(message, MAX_TEXT_LENGTH),
    ...(stack !== undefined && { stack: truncate(stack, MAX_TEXT_LENGTH) }),
  };
  const whole = { ...error, ...plain };
  return isShort(whole)
    ? whole
    : { ...plain, code: typeof code === 'string' ? truncate(code, MAX_TEXT_LENGTH) : code, status };
}

/** Whether JSON can write an error that the application has described, and needs little room for it. */
function isShort(error: WireError): boolean {
  try {
    return JSON.stringify(error).length <= MAX_ERROR_LENGTH;
  } catch {
    return false;
  }
}
