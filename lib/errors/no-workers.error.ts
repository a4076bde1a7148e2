import { ReqRepError } from './reqrep.error.js';

/** The call asked for `requireWorker`, and no live worker serves the queue. The job was not pushed. */
export class NoWorkersError extends ReqRepError {
  static {
    this.prototype.name = 'NoWorkersError';
  }

  readonly code = 'NO_WORKERS';

  constructor(readonly queue: string) {
    super(
      `No live worker serves queue "${queue}". Start one, or send without \`requireWorker\` to wait for one.`,
    );
  }
}
