import { Logger, type MessageEvent } from '@nestjs/common';
import { catchError, endWith, map, of, type Observable } from 'rxjs';
import type { SetProgress } from '../picture-set-job.js';
import { failureOf, type Failure } from './failure.js';

/**
 * Makes the progress of a set what the browser is sent: `progress` events, then one that says how it ended, `done`
 * or `failed`. An error has to become an event, since the status of the response has long been sent. None is named
 * `error`, as the browser's own for a lost connection is.
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
