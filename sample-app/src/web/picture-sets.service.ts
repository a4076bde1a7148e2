import { Injectable } from '@nestjs/common';
import { RequestClient } from 'nestjs-reqrep';
import type { Observable } from 'rxjs';
import { PICTURE_SETS, type PictureSetJob, type SetProgress } from '../picture-set-job.js';

/** Has sets of renditions made by the workers. */
@Injectable()
export class PictureSets {
  constructor(private readonly requests: RequestClient) {}

  /**
   * Streams the progress of one set; unsubscribing stops the worker.
   * @param path - the absolute path of a picture.
   * @param name - what its user calls it.
   */
  of(path: string, name: string): Observable<SetProgress> {
    const job: PictureSetJob = { path, name };
    return this.requests.send<SetProgress>(PICTURE_SETS, job, {
      // A picture may wait for its turn as long as somebody looks at it.
      timeout: 0,
      // Neither its turn nor any of its steps takes that long: all workers are gone.
      idleTimeout: 60_000,
      requireWorker: true,
    });
  }
}
