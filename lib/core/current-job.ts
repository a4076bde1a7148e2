import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunContext } from '../worker/running/run-context.js';

/** The job that is being run, for all that its handler leads to: it is how a request inherits from it. */
export const currentJob = new AsyncLocalStorage<RunContext>();
