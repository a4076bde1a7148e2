export { ClientClosedError } from './client-closed.error.js';
export { ConnectionFailedError } from './connection-failed.error.js';
export { DuplicateJobHandlerError } from './duplicate-job-handler.error.js';
export { InvalidOptionError } from './invalid-option.error.js';
export { JobRemovedError } from './job-removed.error.js';
export { NoWorkersError } from './no-workers.error.js';
export { PayloadTooLargeError, type PayloadDirection } from './payload-too-large.error.js';
export { PendingLimitError, type PendingLimit } from './pending-limit.error.js';
export { QueueFullError } from './queue-full.error.js';
export { PushFailedError } from './push-failed.error.js';
export { RemoteError, type ErrorReasons, type RemoteFailure } from './remote.error.js';
export { ReqRepError, type ReqRepErrorCode } from './reqrep.error.js';
export {
  RequestTimeoutError,
  type RequestTimeoutDetails,
  type TimeLimit,
} from './request-timeout.error.js';
export { SerializationError, type SerializationErrorOptions } from './serialization.error.js';
export { WorkerLostError } from './worker-lost.error.js';
export { WorkersClosedError } from './workers-closed.error.js';
