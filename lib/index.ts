/**
 * Requests and replies for NestJS over Redis lists: the module, its client and workers, decorators and errors.
 *
 * @module nestjs-reqrep
 */
export type { DeadLetter } from './admin/dead-letter.js';
export type { DeadLetterFilter } from './admin/dead-letter-filter.js';
export { DeadLetters } from './admin/dead-letters.js';
export type { DurationCounts } from './admin/duration-counts.js';
export type { JobCounts } from './admin/job-counts.js';
export type { ListRange } from './admin/list-range.js';
export type { PausedQueue } from './admin/paused-queue.js';
export { QueueAdmin } from './admin/queue-admin.js';
export type { QueueSnapshot } from './admin/queue-snapshot.js';
export type { RunningJob } from './admin/running-job.js';
export type { RunningJobs } from './admin/running-jobs.js';
export type { RunningOptions } from './admin/running-options.js';
export type { WaitingJob } from './admin/waiting-job.js';
export type { WorkerSnapshot } from './admin/worker-snapshot.js';
export type { EmitOptions, SendOptions } from './client/calls/call-options.js';
export type { CheckedEmit, CheckedRequest, CheckedSend } from './client/calls/call-signatures.js';
export type {
  EmitCall,
  ExplicitReplyCall,
  ExplicitReplyOnMappedQueue,
  JobDataOf,
  JobMap,
  KnownQueue,
  MappedQueue,
  QueueWithoutData,
  ReplyNotGiven,
  ReplyOf,
  ReqRepTypes,
  SendCall,
  UnlessChecked,
  UnmappedCall,
} from './client/calls/job-map.js';
export type { OutgoingHeaders } from './client/calls/outgoing-headers.js';
export type { PingOptions } from './client/calls/ping-options.js';
export type { PushReceipt } from './client/calls/push-receipt.js';
export type { RequestClientStats } from './client/calls/client-stats.js';
export { RequestClient } from './client/request-client.js';
export type { AroundJob, ReqRepOptions } from './core/options.js';
export type { HandlerData, HandlerResult } from './core/queue-handler.js';
export type { ServeOptions } from './core/serve-options.js';
export {
  ClientClosedError,
  ConnectionFailedError,
  DuplicateJobHandlerError,
  InvalidOptionError,
  JobRemovedError,
  NoWorkersError,
  PayloadTooLargeError,
  PendingLimitError,
  PushFailedError,
  QueueFullError,
  RemoteError,
  ReqRepError,
  RequestTimeoutError,
  SerializationError,
  WorkerLostError,
  WorkersClosedError,
  type ErrorReasons,
  type PayloadDirection,
  type PendingLimit,
  type RemoteFailure,
  type ReqRepErrorCode,
  type RequestTimeoutDetails,
  type SerializationErrorOptions,
  type TimeLimit,
} from './errors/index.js';
export {
  switchToReqRep,
  type ReqRepArgumentsHost,
  type ReqRepContextType,
} from './nest/pipeline/execution-context.js';
export {
  ReqRepHttpErrors,
  type ReqRepHttpErrorsOptions,
} from './nest/pipeline/http-errors.filter.js';
export {
  InjectQueueAdmin,
  InjectReplyWorkers,
  InjectRequestClient,
} from './nest/module/inject.decorators.js';
export type {
  JobDataOptions,
  JobDataPipe,
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from './nest/pipeline/job-data-options.js';
export { JobCtx, JobData } from './nest/pipeline/job-parameters.js';
export type { HandlerParameters, JobMethod, TakesDataOf } from './nest/handlers/job-method.js';
export { OnJob, type OnJobOptions } from './nest/handlers/on-job.decorator.js';
export { ReqRepModule, type ReqRepModuleAsyncOptions } from './nest/module/reqrep.module.js';
export type {
  ReqRepModuleExtras,
  ReqRepModuleOptions,
  ReqRepOptionsFactory,
} from './nest/module/reqrep.options.js';
export { getQueueAdminToken, getReplyWorkersToken, getRequestClientToken } from './nest/tokens.js';
export type { ConnectionState } from './driver/connection-state.js';
export type { ClusterConnection, ConnectionOption } from './redis/topology/connection-option.js';
export type { ErrorClass } from './protocol/wire/error-class.js';
export type { DeadReason } from './protocol/dead-reason.js';
export type { DeadLetterFailures } from './worker/dead-letter-failures.js';
export type { CallMessage, CallOutcome } from './telemetry/call-message.js';
export { EVENT_CHANNELS, JOB_CHANNEL, REQUEST_CHANNEL } from './telemetry/channel-names.js';
export type {
  JobDeadEvent,
  JobRedeliveredEvent,
  OutageBeganEvent,
  OutageEndedEvent,
  ReplyDroppedEvent,
  ReqRepEvent,
  WorkerLostEvent,
} from './telemetry/events.js';
export type { JobMessage, JobOutcome } from './telemetry/job-message.js';
export type { ObservedInstance, QueueLoad, ServedQueue, Telemetry } from './telemetry/telemetry.js';
export type { JobFailure } from './worker/running/job-failure.js';
export { JobContext } from './worker/running/job-context.js';
export { ReplyWorkers } from './worker/reply-workers.js';
export type { QueueStatus, ReplyWorkersStatus } from './worker/workers-status.js';
