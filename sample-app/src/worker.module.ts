import { Module } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import sharp from 'sharp';
import { PictureSetWorker } from './picture-set.worker.js';
import { PlanWorker } from './plan.worker.js';
import { ThumbnailWorker } from './thumbnail.worker.js';
import { telemetryOfSample } from './tracing/trace-option.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';

// The jobs already run in parallel; one picture need not use all cores.
sharp.concurrency(1);

/** The application of a worker process. */
@Module({
  imports: [
    ReqRepModule.forRoot({
      connection: process.env['REDIS_URL'],
      // An expected error: the caller gets it, and the log does not show it.
      errors: [UnreadablePictureError],
      // Short, so that another worker soon continues with the jobs of a killed one.
      lease: 2_000,
      // Short, since nobody wants to wait for a sample to stop.
      shutdownTimeout: 2_000,
      telemetry: await telemetryOfSample(),
    }),
  ],
  providers: [ThumbnailWorker, PictureSetWorker, PlanWorker],
})
export class WorkerModule {}
