import { NoWorkersError, RemoteError, ReqRepError, WorkerLostError } from 'nestjs-reqrep';

/** What the user is told of a set that was not made. */
export interface Failure {
  /** What went wrong. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
}

/** @returns `undefined` for an error that nobody foresaw. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof RemoteError && error.remote.code === 'UNREADABLE_PICTURE') {
    return {
      message: `This file cannot be read as a picture: ${reasonOf(error)}.`,
      advice: 'Choose a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG file.',
    };
  }
  if (error instanceof WorkerLostError) {
    return {
      message: 'The worker stopped half way.',
      advice: 'Start again: another worker will take the picture.',
    };
  }
  if (error instanceof NoWorkersError) {
    return {
      message: 'No worker is running.',
      advice: 'End the sample in its terminal, and run npm start once more.',
    };
  }
  return error instanceof ReqRepError
    ? { message: error.message, advice: 'Start again.' }
    : undefined;
}

/** The class of the error stays in the worker's process; what it says of itself travels in its details. */
function reasonOf({ message, remote: { details } }: RemoteError): string {
  return typeof details === 'object' && details !== null && 'reason' in details
    ? String(details.reason)
    : message;
}
