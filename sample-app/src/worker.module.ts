import { Module } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import { ThumbnailWorker } from './thumbnail.worker.js';

/** The application of a worker process. */
@Module({
  imports: [ReqRepModule.forRoot({ connection: process.env['REDIS_URL'] })],
  providers: [ThumbnailWorker],
})
export class WorkerModule {}
