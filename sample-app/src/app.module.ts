import { Module, type DynamicModule } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import { Thumbnails } from './thumbnails.service.js';

/** The application that requests thumbnails. It runs no workers of its own. */
@Module({ providers: [Thumbnails], exports: [Thumbnails] })
export class AppModule {
  static connectedTo(redisUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [ReqRepModule.forRoot({ connection: redisUrl, workers: false })],
    };
  }
}
