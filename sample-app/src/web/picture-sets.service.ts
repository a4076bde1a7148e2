import { Injectable } from '@nestjs/common';
import { RequestClient, WorkerLostError } from 'nestjs-reqrep';
import { defer, of, retry, tap, throwError, type Observable } from 'rxjs';
import { PICTURE_SETS, type PictureSetJob, type SetProgress } from '../picture-set-job.js';

/** How often a picture may lose its worker: a picture that kills each worker must not kill all of them. */
const MAX_LOST_WORKERS = 3;

/** Requests sets of renditions from the workers. */
@Injectable()
export class PictureSets {
  constructor(private readonly requests: RequestClient) {}

  /**
   * Streams the progress of one set; unsubscribing stops the worker. When the worker is lost halfway, another one continues with
   * the missing renditions: the library itself never starts a stream again, since its values would arrive twice.
   * @param path - the absolute path of a picture.
   * @param name - the file name that the user sees.
   */
  of(path: string, name: string): Observable<SetProgress> {
    let have = 0;
    return defer(() => this.request({ path, name, have })).pipe(
      tap(({ made }) => (have += made ? 1 : 0)),
      retry({
        count: MAX_LOST_WORKERS,
        delay: (error) =>
          error instanceof WorkerLostError ? of('at once') : throwError(() => error),
      }),
    );
  }

  private request(job: PictureSetJob): Observable<SetProgress> {
    return this.requests.send<SetProgress>(PICTURE_SETS, job, {
      // A picture may wait as long as its page is open.
      timeout: 0,
      // No wait and no step takes that long, unless all workers are lost.
      idleTimeout: 60_000,
      requireWorker: true,
    });
  }
}
