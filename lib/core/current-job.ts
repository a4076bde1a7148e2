import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunContext } from '../worker/running/run-context.js';

/** The running job in the async context of its handler: a request sent there inherits from it. */
export const currentJob = new AsyncLocalStorage<RunContext>();
