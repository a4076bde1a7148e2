import type { WorkerName } from './picture-set-job.js';

/** The number of this worker, which its parent assigns, and its process. */
export const WORKER: WorkerName = {
  number: Number(process.env['WORKER_NUMBER']),
  pid: process.pid,
};
