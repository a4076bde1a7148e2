/**
 * The client and the workers without Nest: for scripts, command line tools and other frameworks.
 *
 * @module nestjs-reqrep/core
 */
export type { DeadLetter } from '../admin/dead-letter.js';
export type { DeadLetterFilter } from '../admin/dead-letter-filter.js';
export { DeadLetters } from '../admin/dead-letters.js';
export type { DurationCounts } from '../admin/duration-counts.js';
export type { JobCounts } from '../admin/job-counts.js';
export type { ListRange } from '../admin/list-range.js';
export type { PausedQueue } from '../admin/paused-queue.js';
export { QueueAdmin } from '../admin/queue-admin.js';
export type { QueueSnapshot } from '../admin/queue-snapshot.js';
export type { RunningJob } from '../admin/running-job.js';
export type { RunningJobs } from '../admin/running-jobs.js';
export type { RunningOptions } from '../admin/running-options.js';
export type { WaitingJob } from '../admin/waiting-job.js';
export type { WorkerSnapshot } from '../admin/worker-snapshot.js';
export type { EmitOptions, SendOptions } from '../client/calls/call-options.js';
export type { CheckedEmit, CheckedRequest, CheckedSend } from '../client/calls/call-signatures.js';
export type {
  CoreJobMap as JobMap,
  CoreReqRepTypes as ReqRepTypes,
  EmitCall,
  ExplicitReplyCall,
  ExplicitReplyOnMappedQueue,
  JobDataOf,
  KnownQueue,
  MappedQueue,
  QueueWithoutData,
  ReplyNotGiven,
  ReplyOf,
  SendCall,
  UnlessChecked,
  UnmappedCall,
} from '../client/calls/job-map.js';
export type { OutgoingHeaders } from '../client/calls/outgoing-headers.js';
export type { PingOptions } from '../client/calls/ping-options.js';
export type { PushReceipt } from '../client/calls/push-receipt.js';
export type { RequestClientStats } from '../client/calls/client-stats.js';
export { RequestClient } from '../client/request-client.js';
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
} from '../errors/index.js';
export type { ErrorClass } from '../protocol/wire/error-class.js';
export type { DeadReason } from '../protocol/dead-reason.js';
export type { DeadLetterFailures } from '../worker/dead-letter-failures.js';
export type { ConnectionState } from '../driver/connection-state.js';
export type { ClusterConnection, ConnectionOption } from '../redis/topology/connection-option.js';
export type { CallMessage, CallOutcome } from '../telemetry/call-message.js';
export { EVENT_CHANNELS, JOB_CHANNEL, REQUEST_CHANNEL } from '../telemetry/channel-names.js';
export type {
  JobDeadEvent,
  JobRedeliveredEvent,
  OutageBeganEvent,
  OutageEndedEvent,
  ReplyDroppedEvent,
  ReqRepEvent,
  WorkerLostEvent,
} from '../telemetry/events.js';
export type { JobMessage, JobOutcome } from '../telemetry/job-message.js';
export type {
  ObservedInstance,
  QueueLoad,
  ServedQueue,
  Telemetry,
} from '../telemetry/telemetry.js';
export type { JobFailure } from '../worker/running/job-failure.js';
export { JobContext } from '../worker/running/job-context.js';
export type { QueueStatus, ReplyWorkersStatus } from '../worker/workers-status.js';
export { createReqRep, type CreateReqRepOptions, type ReqRep } from './create-reqrep.js';
export type { ReqRepLogger } from './logger.js';
export type { AroundJob, ReqRepOptions } from './options.js';
export type { HandlerData, HandlerResult, QueueHandler } from './queue-handler.js';
export { QueueWorkers } from './queue-workers.js';
export type { ServeOptions } from './serve-options.js';
