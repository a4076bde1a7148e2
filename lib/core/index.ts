export type { EmitOptions, SendOptions } from '../client/calls/call-options.js';
export type {
  CoreJobMap as JobMap,
  CoreReqRepTypes as ReqRepTypes,
  EmitCall,
  JobDataOf,
  MappedQueue,
  ReplyOf,
  SendCall,
} from '../client/calls/job-map.js';
export type { OutgoingHeaders } from '../client/calls/outgoing-headers.js';
export type { PushReceipt } from '../client/calls/push-receipt.js';
export { RequestClient } from '../client/request-client.js';
export {
  ClientClosedError,
  ConnectionFailedError,
  DuplicateJobHandlerError,
  InvalidOptionError,
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
export type { ErrorClass } from '../protocol/wire/error-registry.js';
export type { DeadJob, DeadReason } from '../protocol/operations/bury-job.js';
export type { ConnectionState } from '../driver/line.js';
export type { ConnectionOption } from '../redis/topology/connection-source.js';
export { JobContext } from '../worker/running/job-context.js';
export type { QueueStatus, ReplyWorkersStatus } from '../worker/reply-workers.js';
export { createReqRep, type CreateReqRepOptions, type ReqRep } from './create-reqrep.js';
export type { ReqRepLogger } from './logger.js';
export type { AroundJob, ReqRepOptions } from './options.js';
export type { QueueHandler } from './queue-handler.js';
export { QueueWorkers } from './queue-workers.js';
export type { ServeOptions } from './serve-options.js';
