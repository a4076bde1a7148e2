import type { Job } from '../protocol/wire/job-element.js';
import type { JobContext } from '../worker/running/job-context.js';
import { RunContext } from '../worker/running/run-context.js';
import { followingRuntime } from '../memory/following-runtime.js';

/** The properties of a {@link JobContext} that a test chooses. */
export interface JobContextFields {
  /** The id of the job. @default 'job-1' */
  readonly id?: string | number | undefined;
  /** The name of the queue. @default 'queue' */
  readonly queue?: string | undefined;
  /** The headers of the job. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Which delivery of the job it is; 1 = the first. @default 1 */
  readonly attempt?: number | undefined;
  /** The time when the job was pushed: ms since the epoch. @default now */
  readonly pushedAt?: number | undefined;
  /** The time when the caller stops waiting: ms since the epoch. {@link JobContext.signal} aborts then. @default no deadline */
  readonly deadline?: number | undefined;
}

/**
 * Makes the context of a job for a test that calls a handler directly. Its time is that of the test, also under fake timers.
 *
 * @param fields - What the test chooses; the rest has defaults.
 * @example
 * ```ts
 * const report = await worker.render({ id: '7' }, jobContext({ headers: { tenant: 'a' }, attempt: 2 }));
 * ```
 */
export function jobContext({
  id = 'job-1',
  queue = 'queue',
  headers = {},
  attempt = 1,
  pushedAt = Date.now(),
  deadline,
}: JobContextFields = {}): JobContext {
  const job: Job = {
    version: 2,
    id,
    data: undefined,
    headers,
    redeliveries: attempt - 1,
    pushedAt,
    deadline,
  };
  const clock = { now: () => Date.now() };
  return new RunContext(queue, job, { clock, runtime: followingRuntime });
}
