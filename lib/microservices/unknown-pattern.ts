import { shown } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import { nameOfJob, type RunContext } from '../worker/running/run-context.js';
import type { PatternHandlers } from './pattern-handlers.js';
import { PATTERN_HEADER } from './pattern-header.js';
import { RpcError } from './rpc-error.js';

/** What callers get from Nest's transports. */
const NO_MESSAGE_HANDLER = 'There is no matching message handler defined in the remote service.';
const NO_EVENT_HANDLER = 'There is no matching event handler defined in the remote service.';

/**
 * @param pattern - `undefined` where the job has none.
 * @returns the error of a job that no handler of its queue is for, after a line in the log that says which patterns there are.
 */
export function unknownPattern(
  pattern: string | undefined,
  { queue, names }: PatternHandlers,
  job: RunContext,
  log: Log,
): RpcError {
  const what =
    pattern === undefined
      ? `has no header \`${PATTERN_HEADER}\`: send it with ReqRepClient, or with this header`
      : `has the pattern ${shown(pattern)}`;
  log.repeated(
    `unknown pattern of ${queue}`,
    'warn',
    `${nameOfJob(job)} ${what}; the handlers of the queue are for ${names}`,
  );
  return new RpcError(
    job.isAwaited ? NO_MESSAGE_HANDLER : `${NO_EVENT_HANDLER} Event pattern: ${pattern}`,
  );
}
