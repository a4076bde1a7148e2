import { popFirst, pushToList, readList, waitForHead } from '../protocol/operations/lists.js';
import { publish } from '../protocol/operations/publish.js';
import { settleLongJobs } from '../protocol/operations/settle-long-jobs.js';
import { waitForJob } from '../protocol/operations/wait-for-job.js';
import { pushGuardedJob } from '../protocol/operations/push-guarded-job.js';
import { pushValues } from '../protocol/operations/push-values.js';
import { renewLease } from '../protocol/operations/renew-lease.js';
import { settleJobs } from '../protocol/operations/settle-jobs.js';
import { takeJobs } from '../protocol/operations/take-jobs.js';

/** The operations of each kind, by their names. */
const NAMES = {
  push: [pushToList.name, pushGuardedJob.name],
  take: [takeJobs.name, waitForJob.name],
  reply: [settleJobs.name, settleLongJobs.name, pushValues.name],
  read: [waitForHead.name, readList.name, popFirst.name],
  cancel: [publish.name],
  renew: [renewLease.name],
} as const;

/**
 * What client and workers ask of the server: to `push` jobs, to `take` them, to `reply` (which also takes the next jobs), to `read`
 * replies, to `cancel` jobs, and to `renew` the leases of workers.
 */
export type MemoryOperation = keyof typeof NAMES;

export const namesOf = (operation: MemoryOperation): readonly string[] => NAMES[operation];
