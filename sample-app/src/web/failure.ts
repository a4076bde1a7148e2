import { NoWorkersError, ReqRepError, RequestTimeoutError, WorkerLostError } from 'nestjs-reqrep';
import { UnreadablePictureError } from '../unreadable-picture.error.js';

/** The failure of a set, as the user sees it. */
export interface Failure {
  /** What went wrong. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
  /** Whether another try with the same picture may succeed. */
  readonly mayBeRepeated: boolean;
}

/** @returns `undefined` for an unexpected error. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof UnreadablePictureError) {
    return error.details.reason.includes('pixel limit')
      ? permanent('This picture has too many pixels.', 'Choose a smaller one.')
      : permanent(
          'This file cannot be read as a picture.',
          'Choose a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG file.',
        );
  }
  if (error instanceof WorkerLostError) {
    return repeatable(
      'The worker stopped halfway.',
      'Start again: another worker takes the picture.',
    );
  }
  if (error instanceof NoWorkersError || error instanceof RequestTimeoutError) {
    return repeatable('No worker answers.', 'Check the terminal of the sample, then start again.');
  }
  return error instanceof ReqRepError ? repeatable(error.message, 'Start again.') : undefined;
}

const permanent = (message: string, advice: string): Failure => ({
  message,
  advice,
  mayBeRepeated: false,
});

const repeatable = (message: string, advice: string): Failure => ({
  message,
  advice,
  mayBeRepeated: true,
});
