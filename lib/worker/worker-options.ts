import type { AsyncResource } from 'node:async_hooks';
import type { Hooks } from '../telemetry/hooks.js';
import type { Log } from '../telemetry/log.js';
import type { DeadLetterBounds } from '../protocol/wire/dead-letter.js';
import type { DescribeError } from '../protocol/wire/wire-error.js';
import type { Shard, Shards } from '../driver/shard.js';
import type { DeadLetterFailures } from './dead-letter-failures.js';
import type { RunContext } from './running/run-context.js';
import type { RunLimit } from './taking/run-limit.js';
import type { JobFailures } from './running/job-failures.js';

/** Largest `concurrency`: a worker has two slots for each job, and another worker has to look through all when it is lost. */
export const MAX_CONCURRENCY = 10_000;

/** Options of the workers of one process, complete. */
export interface WorkerOptions extends DeadLetterBounds {
  /** ms without a renewal after which a worker without connections counts as lost. */
  readonly lease: number;
  /** ms without a renewal after which a worker counts as lost although it is connected. */
  readonly stallLimit: number;
  /** ms that running jobs get when the workers stop. */
  readonly shutdownTimeout: number;
  /** Maximum number of bytes of one encoded reply. */
  readonly maxPayload: number;
  /** Whether replies with an error contain its stack. */
  readonly exposeStack: boolean;
  /** Runs `work` with the job as AsyncLocalStorage context. */
  readonly runWithin?: ((context: RunContext, work: () => void) => void) | undefined;
  /** Returns the job in whose context this is called, if any. */
  readonly currentJob?: (() => RunContext | undefined) | undefined;
  /** Describes an error of the application's framework in the form that is sent to callers. */
  readonly describeError?: DescribeError | undefined;
}

/** The handler of one queue, with its options. */
export interface JobHandler {
  readonly queue: string;
  /** The name of the handler in logs and errors: `Class#method`. */
  readonly name: string;
  /** Maximum number of jobs that run at a time. */
  readonly concurrency: number;
  /** Limit of the runs that the workers of a hot queue share; `undefined` = one worker has the {@link concurrency} for itself. */
  readonly runLimit?: RunLimit | undefined;
  /** ms that one run may take; `0` = no limit. */
  readonly timeout: number;
  /** Maximum number of times that a job is started, unless its caller has set another. */
  readonly maxDeliveries: number;
  readonly deadLetterFailures: DeadLetterFailures;
  /** Runs one job. */
  handle(data: unknown, context: RunContext): unknown;
}

/** The parts that all reply workers of a process share. */
export interface SessionParts {
  readonly shards: Shards;
  readonly options: WorkerOptions;
  readonly log: Log;
  readonly hooks: Hooks;
  readonly failures: JobFailures;
  /** Neutral async context that jobs start in: neither that of another job, nor that of the code that started the workers. */
  readonly scope: AsyncResource;
}

/** The parts that all reply workers of a process share on one shard. */
export interface WorkerParts extends Omit<SessionParts, 'shards'> {
  readonly workerId: string;
  readonly shard: Shard;
}
