import { ReqRepError } from './reqrep.error.js';

/** Redis could not be used when the application started, which was to fail then (`failFast`). `cause` says why. */
export class ConnectionFailedError extends ReqRepError {
  static {
    this.prototype.name = 'ConnectionFailedError';
  }

  readonly code = 'CONNECTION_FAILED';

  constructor(
    /** The server, such as `redis://localhost:6379/0`, without the user and the password. */
    readonly server: string,
    /** Why it could not be used. */
    readonly reason: string,
    /** How long it was tried, ms; `undefined` where it can never be used as things are. */
    readonly timeout: number | undefined,
    options?: ErrorOptions,
  ) {
    const time = timeout === undefined ? '' : ` within ${timeout} ms`;
    super(
      `Redis could not be used${time}: ${reason}. Fix that, or unset \`failFast\` to start without Redis.`,
      options,
    );
  }
}
