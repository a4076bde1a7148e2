import type { AsyncResource } from 'node:async_hooks';
import type { Log } from '../telemetry/log.js';
import type { DescribeError } from '../protocol/wire/wire-error.js';
import type { Shard, Shards } from '../driver/shard.js';
import type { RunContext } from './running/run-context.js';

/** Jobs that a handler may run at a time at most: a worker has two keys for each, which others look through once it is lost. */
export const MAX_CONCURRENCY = 10_000;

/** What the workers of one process need to know, complete. */
export interface WorkerOptions {
  /** ms without a sign of life after which a worker with no connection counts as dead. */
  readonly lease: number;
  /** ms after which a worker counts as dead although its connection stands. */
  readonly stallLimit: number;
  /** ms that running jobs get when the workers stop. */
  readonly shutdownTimeout: number;
  /** Bytes of one encoded reply. */
  readonly maxPayload: number;
  /** Whether error frames carry the stack. */
  readonly exposeStack: boolean;
  /** Calls a function in such a way that it, and all it leads to, can find the job that is being run. */
  readonly runWithin?: ((context: RunContext, work: () => void) => void) | undefined;
  /** The job that is being run where this is called, if any. */
  readonly currentJob?: (() => RunContext | undefined) | undefined;
  /** Turns an error of the application's framework into its form. */
  readonly describeError?: DescribeError | undefined;
}

/** What answers the jobs of one queue. */
export interface JobHandler {
  readonly queue: string;
  /** How it is named in logs and errors: `Class#method`. */
  readonly name: string;
  /** How many jobs it runs at a time. */
  readonly concurrency: number;
  /** ms one run may take; `0` = no limit. */
  readonly timeout: number;
  /** How often a job may be started, unless its caller said otherwise. */
  readonly maxDeliveries: number;
  /** Runs one job. */
  handle(data: unknown, context: RunContext): unknown;
}

/** What all reply workers of a process share. */
export interface SessionParts {
  readonly shards: Shards;
  readonly options: WorkerOptions;
  readonly log: Log;
  /** The async context that jobs are begun in: that of no job, nor of whoever has started the workers. */
  readonly scope: AsyncResource;
}

/** What all reply workers of a process share on one shard. */
export interface WorkerParts extends Omit<SessionParts, 'shards'> {
  readonly workerId: string;
  readonly shard: Shard;
}
