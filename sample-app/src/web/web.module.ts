import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ReqRepModule, type Telemetry } from 'nestjs-reqrep';
import { ReqRepDashboardModule } from 'nestjs-reqrep/dashboard';
import { ReqRepHealthIndicator } from 'nestjs-reqrep/terminus';
import { UnreadablePictureError } from '../unreadable-picture.error.js';
import { HealthController } from './health.controller.js';
import { LocalHostGuard } from './local-host.guard.js';
import { PictureSets } from './picture-sets.service.js';
import { PicturesController } from './pictures.controller.js';
import { Uploads } from './uploads.service.js';
import { WorkerPool } from './worker-pool.js';
import { WorkersController } from './workers.controller.js';

/** The application that serves the page. It runs no workers of its own. */
@Module({
  controllers: [HealthController, PicturesController, WorkersController],
  providers: [PictureSets, ReqRepHealthIndicator, Uploads],
})
export class WebModule {
  static connectedTo(
    redisUrl: string,
    pool: WorkerPool,
    telemetry: Telemetry | undefined,
  ): DynamicModule {
    return {
      module: WebModule,
      providers: [{ provide: WorkerPool, useValue: pool }],
      imports: [
        TerminusModule,
        ReqRepModule.forRoot({
          connection: redisUrl,
          workers: false,
          errors: [UnreadablePictureError],
          telemetry,
        }),
        ReqRepDashboardModule.forRoot({ path: '/queues', guards: [LocalHostGuard] }),
      ],
    };
  }
}
