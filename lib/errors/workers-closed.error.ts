import { ReqRepError } from './reqrep.error.js';

/** Workers were to be started, or a queue was to be served, after the end of what they belong to. */
export class WorkersClosedError extends ReqRepError {
  static {
    this.prototype.name = 'WorkersClosedError';
  }

  readonly code = 'WORKERS_CLOSED';

  constructor() {
    super(
      'The workers are closed for good, together with their application or client: create a new one to serve queues again.',
    );
  }
}
