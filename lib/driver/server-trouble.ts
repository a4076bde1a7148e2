/** Log level of a trouble: `warn` if it may end by itself, `error` if somebody has to correct something. */
export type TroubleLevel = 'warn' | 'error';

/** The reason why a server cannot be used. The message names the server and says what to do. */
export class ServerTroubleError extends Error {
  static {
    this.prototype.name = 'ServerTroubleError';
  }

  /** Code of the underlying error, such as `ECONNREFUSED` or `WRONGPASS`. */
  readonly code: string | undefined;

  constructor(
    message: string,
    readonly level: TroubleLevel,
    cause?: NodeJS.ErrnoException,
  ) {
    super(message, cause && { cause });
    this.code = cause?.code;
  }
}

/** The server answers, but cannot be used until somebody corrects something. No job was sent to it. */
export class UnusableServerError extends ServerTroubleError {
  static {
    this.prototype.name = 'UnusableServerError';
  }

  constructor(message: string, cause?: NodeJS.ErrnoException) {
    super(message, 'error', cause);
  }
}
