import { ReqRepError } from './reqrep.error.js';

/** Workers were started, or a queue was served, after `close()`. */
export class WorkersClosedError extends ReqRepError {
  static {
    this.prototype.name = 'WorkersClosedError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'WORKERS_CLOSED';

  constructor() {
    super(
      'The workers are closed for good, together with their application or client: create a new one to serve queues again.',
    );
  }
}
