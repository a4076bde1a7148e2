import type { WorkerName } from './picture-set-job.js';

/** Which of the workers this process is; its parent counts them. */
export const WORKER: WorkerName = {
  number: Number(process.env['WORKER_NUMBER']),
  pid: process.pid,
};
