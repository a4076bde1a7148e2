import { Injectable } from '@nestjs/common';
import { RequestClient, WorkerLostError } from 'nestjs-reqrep';
import { defer, of, retry, tap, throwError, type Observable } from 'rxjs';
import { PICTURE_SETS, type PictureSetJob, type SetProgress } from '../picture-set-job.js';

/** How often a picture may lose its worker; one that kills each worker shall not take all of them along. */
const MAX_LOST_WORKERS = 3;

/** Has sets of renditions made by the workers. */
@Injectable()
export class PictureSets {
  constructor(private readonly requests: RequestClient) {}

  /**
   * Streams the progress of one set; unsubscribing stops the worker. When the worker is lost half way, another one goes on
   * with what is still to be made: a stream is never begun anew by the library, since its values would come twice.
   * @param path - the absolute path of a picture.
   * @param name - what its user calls it.
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
      // A picture may wait for its turn as long as somebody looks at it.
      timeout: 0,
      // Neither its turn nor any of its steps takes that long: all workers are gone.
      idleTimeout: 60_000,
      requireWorker: true,
    });
  }
}
