import { NoWorkersError, ReqRepError, RequestTimeoutError, WorkerLostError } from 'nestjs-reqrep';
import { UnreadablePictureError } from '../unreadable-picture.error.js';

/** What the user is told of a set that was not made. */
export interface Failure {
  /** What went wrong. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
  /** Whether the same picture may come out well if it is tried again. */
  readonly mayBeRepeated: boolean;
}

/** @returns `undefined` for an error that nobody foresaw. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof UnreadablePictureError) {
    return error.details.reason.includes('pixel limit')
      ? final('This picture has too many pixels.', 'Choose a smaller one.')
      : final(
          'This file cannot be read as a picture.',
          'Choose a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG file.',
        );
  }
  if (error instanceof WorkerLostError) {
    return again('The worker stopped halfway.', 'Start again: another worker takes the picture.');
  }
  if (error instanceof NoWorkersError || error instanceof RequestTimeoutError) {
    return again('No worker answers.', 'Check the terminal of the sample, then start again.');
  }
  return error instanceof ReqRepError ? again(error.message, 'Start again.') : undefined;
}

const final = (message: string, advice: string): Failure => ({
  message,
  advice,
  mayBeRepeated: false,
});

const again = (message: string, advice: string): Failure => ({
  message,
  advice,
  mayBeRepeated: true,
});
