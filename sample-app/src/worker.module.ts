import { Module } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import sharp from 'sharp';
import { PictureSetWorker } from './picture-set.worker.js';
import { ThumbnailWorker } from './thumbnail.worker.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';

// The jobs run side by side already; one picture need not occupy all cores.
sharp.concurrency(1);

/** The application of a worker process. */
@Module({
  imports: [
    ReqRepModule.forRoot({
      connection: process.env['REDIS_URL'],
      // It is foreseen, so that its caller hears of it and the log does not.
      errors: [UnreadablePictureError],
      // Soon, so that one need not wait long to see another worker go on with the jobs of one that was killed.
      lease: 2_000,
      // Nobody waits for the end of a sample.
      shutdownTimeout: 2_000,
    }),
  ],
  providers: [ThumbnailWorker, PictureSetWorker],
})
export class WorkerModule {}
