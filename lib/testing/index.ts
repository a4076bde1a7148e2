/**
 * Queues without Redis for tests of applications, and contexts for tests of handlers.
 *
 * @module nestjs-reqrep/testing
 */
export { jobContext, type JobContextFields } from './job-context.js';
export type { TestJob, TestJobEnd, TestJobState } from './test-job.js';
export type { MemoryOperation } from './memory-operation.js';
export { MemoryQueues, type InstanceOption } from './memory-queues.js';
export { useMemoryQueues, type TestingBuilder } from './use-memory-queues.js';
