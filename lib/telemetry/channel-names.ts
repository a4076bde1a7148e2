import type { ReqRepEvent } from './events.js';

/**
 * The name of the tracing channel of calls, with a {@link CallMessage}: `start` and `end` while a call begins, `asyncStart` and `asyncEnd`
 * when it has ended, `error` before them where the caller got an error.
 *
 * @example
 * ```ts
 * tracingChannel<unknown, CallMessage>(REQUEST_CHANNEL).asyncEnd.subscribe((message) => count(message));
 * ```
 */
export const REQUEST_CHANNEL = 'nestjs-reqrep:request';

/**
 * The name of the tracing channel of jobs, with a {@link JobMessage}: `start` and `end` around the part of the handler that runs at once,
 * `asyncStart` and `asyncEnd` when the job has left the worker, `error` before them where it was answered with an error.
 */
export const JOB_CHANNEL = 'nestjs-reqrep:job';

/** The name of the channel of each {@link ReqRepEvent}, by its type: `worker lost` is on `nestjs-reqrep:worker-lost`, and so on. */
export const EVENT_CHANNELS: Readonly<Record<ReqRepEvent['type'], string>> = {
  'worker lost': 'nestjs-reqrep:worker-lost',
  'job redelivered': 'nestjs-reqrep:job-redelivered',
  'job dead': 'nestjs-reqrep:job-dead',
  'reply dropped': 'nestjs-reqrep:reply-dropped',
  'outage began': 'nestjs-reqrep:outage-begin',
  'outage ended': 'nestjs-reqrep:outage-end',
};
