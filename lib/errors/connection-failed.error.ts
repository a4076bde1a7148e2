import { ReqRepError } from './reqrep.error.js';

/**
 * Redis could not be used at the start, and the option `failFast` is set, or it did not answer `RequestClient.ping`. `cause` is the error of
 * the connection, where there is one.
 */
export class ConnectionFailedError extends ReqRepError {
  static {
    this.prototype.name = 'ConnectionFailedError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'CONNECTION_FAILED';

  constructor(
    /** The address of the server, such as `redis://localhost:6379/0`, without the user and the password. */
    readonly server: string,
    /** The reason why Redis could not be used, as a sentence without its full stop. */
    readonly reason: string,
    /** The time that the library tried, in ms. `undefined` where Redis refuses the application until somebody changes something. */
    readonly timeout: number | undefined,
    options?: ErrorOptions & {
      /** What to do, as a sentence; `''` where the reason says it. */
      readonly advice?: string;
    },
  ) {
    const time = timeout === undefined ? '' : ` within ${timeout} ms`;
    const { advice = 'Fix that, or unset `failFast` to start without Redis.', ...others } =
      options ?? {};
    super(`Redis could not be used${time}: ${reason}. ${advice}`.trimEnd(), others);
  }
}
