export interface UnreadablePictureDetails {
  readonly pid: number;
  readonly reason: string;
}

/** Thrown for a file that cannot be read as a picture; the caller gets `code` and `details` as part of a `RemoteError`. */
export class UnreadablePictureError extends Error {
  override readonly name = 'UnreadablePictureError';
  readonly code = 'UNREADABLE_PICTURE';
  readonly details: UnreadablePictureDetails;

  constructor(picture: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${picture} cannot be read as a picture: ${reason}`, { cause });
    this.details = { pid: process.pid, reason };
  }
}
