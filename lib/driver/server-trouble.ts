/** Whether it may pass by itself, or is a mistake that somebody has to correct. */
export type TroubleLevel = 'warn' | 'error';

/** Why a server cannot be used; the message names the server, and says what to do. */
export class ServerTroubleError extends Error {
  static {
    this.prototype.name = 'ServerTroubleError';
  }

  /** That of the error behind it, such as `ECONNREFUSED` or `WRONGPASS`. */
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

/** The server answers, but cannot serve us until somebody changes something: nothing was sent to it. */
export class UnusableServerError extends ServerTroubleError {
  static {
    this.prototype.name = 'UnusableServerError';
  }

  constructor(message: string, cause?: NodeJS.ErrnoException) {
    super(message, 'error', cause);
  }
}
