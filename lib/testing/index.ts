export { jobContext, type JobContextFields } from './job-context.js';
export type { TestJob, TestJobState } from './job-ledger.js';
export type { MemoryOperation } from './memory-operation.js';
export { MemoryQueues, type InstanceOption } from './memory-queues.js';
export { useMemoryQueues, type TestingBuilder } from './use-memory-queues.js';
