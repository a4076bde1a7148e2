import { popFirst, readList, waitForHead } from '../protocol/operations/lists.js';
import { publish } from '../protocol/operations/publish.js';
import { settleLongJobs } from '../protocol/operations/settle-long-jobs.js';
import { waitForJob } from '../protocol/operations/wait-for-job.js';
import { pushGuardedJob } from '../protocol/operations/push-guarded-job.js';
import { pushJobs } from '../protocol/operations/push-jobs.js';
import { pushValues } from '../protocol/operations/push-values.js';
import { renewLease } from '../protocol/operations/renew-lease.js';
import { settleJobs } from '../protocol/operations/settle-jobs.js';
import { takeJobs } from '../protocol/operations/take-jobs.js';

/** The names of the commands and scripts of each kind. */
interface OperationNames {
  /** Pushes jobs to a queue. */
  readonly push: readonly string[];
  /** Takes jobs from a queue. */
  readonly take: readonly string[];
  /** Pushes replies to the list of a client, and takes the next jobs. */
  readonly reply: readonly string[];
  /** Reads replies. */
  readonly read: readonly string[];
  /** Notifies workers of cancelled jobs. */
  readonly cancel: readonly string[];
  /** Renews the lease of a worker. */
  readonly renew: readonly string[];
}

const NAMES: OperationNames = {
  push: [pushJobs.name, pushGuardedJob.name],
  take: [takeJobs.name, waitForJob.name],
  reply: [settleJobs.name, settleLongJobs.name, pushValues.name],
  read: [waitForHead.name, readList.name, popFirst.name],
  cancel: [publish.name],
  renew: [renewLease.name],
};

/**
 * A kind of operation that client and workers carry out on the server:
 *
 * - `push`: jobs to a queue
 * - `take`: jobs from a queue
 * - `reply`: to the caller, which also takes the next jobs
 * - `read`: replies
 * - `cancel`: jobs
 * - `renew`: the lease of a worker
 */
export type MemoryOperation = keyof OperationNames;

/** @internal */
export const namesOf = (operation: MemoryOperation): readonly string[] => NAMES[operation];
