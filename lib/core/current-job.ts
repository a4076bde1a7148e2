import { AsyncLocalStorage } from 'node:async_hooks';
import type { JobContext } from '../worker/running/job-context.js';

/** The job that is being run, for all that its handler leads to: it is how a request inherits from it. */
export const currentJob = new AsyncLocalStorage<JobContext>();
