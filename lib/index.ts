export type { EmitOptions, SendOptions } from './client/call-options.js';
export type {
  EmitCall,
  JobDataOf,
  JobMap,
  MappedQueue,
  ReplyOf,
  ReqRepTypes,
  SendCall,
} from './client/job-map.js';
export type { OutgoingHeaders } from './client/outgoing-headers.js';
export type { PushReceipt } from './client/push-receipt.js';
export { RequestClient } from './client/request-client.js';
export type { AroundJob } from './core/options.js';
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
} from './nest/execution-context.js';
export { ReqRepHttpErrors, type ReqRepHttpErrorsOptions } from './nest/http-errors.filter.js';
export { InjectReplyWorkers, InjectRequestClient } from './nest/inject.decorators.js';
export type {
  JobDataOptions,
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from './nest/job-data-options.js';
export { JobCtx, JobData } from './nest/job-parameters.js';
export type { HandlerParameters, JobMethod } from './nest/job-method.js';
export { OnJob, type OnJobOptions } from './nest/on-job.decorator.js';
export { ReqRepModule, type ReqRepModuleAsyncOptions } from './nest/reqrep.module.js';
export type {
  ReqRepModuleExtras,
  ReqRepModuleOptions,
  ReqRepOptionsFactory,
} from './nest/reqrep.options.js';
export { getReplyWorkersToken, getRequestClientToken } from './nest/tokens.js';
export type { ConnectionState } from './driver/line.js';
export type { ConnectionOption } from './redis/connection-source.js';
export type { ErrorClass } from './protocol/error-registry.js';
export type { DeadJob, DeadReason } from './protocol/scripts/bury-job.js';
export { JobContext } from './worker/job-context.js';
export { ReplyWorkers, type QueueStatus, type ReplyWorkersStatus } from './worker/reply-workers.js';
