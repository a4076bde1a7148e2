import type { RunningJob } from '../../admin/running-job.js';
import type { WaitingJob } from '../../admin/waiting-job.js';
import { sinceText } from '../frame/duration-text.js';
import type { Output } from '../frame/output.js';
import { writeTable, type Column } from '../frame/table.js';

const WAITING: readonly Column<WaitingJob>[] = [
  { title: 'BEFORE', of: ({ position }) => position, isNumber: true },
  { title: 'ID', of: ({ id }) => id, isCut: true },
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'WAITS', of: ({ pushedAt }) => sinceText(pushedAt), isNumber: true },
  { title: 'ATTEMPT', of: ({ attempt }) => attempt, isNumber: true },
  {
    title: 'DATA',
    of: ({ data, problem }) => problem ?? JSON.stringify(data),
    isCut: true,
    style: ({ problem }) => (problem === undefined ? undefined : 'red'),
  },
];

const RUNNING: readonly Column<RunningJob>[] = [
  { title: 'ID', of: ({ id }) => id, isCut: true },
  { title: 'RUNS', of: ({ since }) => sinceText(since), isNumber: true },
  { title: 'ATTEMPT', of: ({ attempt }) => attempt, isNumber: true },
  { title: 'WORKER', of: ({ worker }) => worker, isCut: true },
];

/** Writes jobs that wait. */
export const writeWaitingJobs = (jobs: readonly WaitingJob[], out: Output): void =>
  writeTable(jobs, WAITING, 'No job waits.', out);

/** Writes jobs that run. */
export const writeRunningJobs = (jobs: readonly RunningJob[], out: Output): void =>
  writeTable(jobs, RUNNING, 'No job runs.', out);
