import { Logger, type MessageEvent } from '@nestjs/common';
import { catchError, endWith, map, of, type Observable } from 'rxjs';
import type { SetProgress } from '../picture-set-job.js';
import { failureOf, type Failure } from './failure.js';

/**
 * Turns the progress of a set into server-sent events: `progress` events, then one for the end, `done` or `failed`. An error must
 * become an event, since the status of the response was already sent. No event is named `error`, the browser's own event for a
 * lost connection.
 */
export function toEvents(progress: Observable<SetProgress>): Observable<MessageEvent> {
  return progress.pipe(
    map((data): MessageEvent => ({ type: 'progress', data })),
    endWith<MessageEvent>({ type: 'done', data: {} }),
    catchError((error: unknown) => {
      const failure = failureOf(error);
      if (!failure) {
        new Logger('Progress').error(error);
      }
      return of<MessageEvent>({ type: 'failed', data: failure ?? UNEXPECTED });
    }),
  );
}

const UNEXPECTED: Failure = {
  message: 'Something went wrong in the server.',
  advice: 'Check the terminal of the sample, then start again.',
  mayBeRepeated: true,
};
