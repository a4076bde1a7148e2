import { Injectable } from '@nestjs/common';
import { RequestClient } from 'nestjs-reqrep';
import type { Observable } from 'rxjs';
import { THUMBNAILS, type Thumbnail, type ThumbnailJob } from './thumbnail-job.js';

const WIDTH = 320;

/** Requests thumbnails from the workers. */
@Injectable()
export class Thumbnails {
  constructor(private readonly requests: RequestClient) {}

  /** @param path - the absolute path of a picture. */
  of(path: string): Observable<Thumbnail> {
    const job: ThumbnailJob = { path, width: WIDTH };
    return this.requests.send<Thumbnail>(THUMBNAILS, job, { requireWorker: true });
  }
}
