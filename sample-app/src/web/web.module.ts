import { Module, type DynamicModule } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import { UnreadablePictureError } from '../unreadable-picture.error.js';
import { PictureSets } from './picture-sets.service.js';
import { PicturesController } from './pictures.controller.js';
import { Uploads } from './uploads.service.js';

/** The application that serves the page. It runs no workers of its own. */
@Module({ controllers: [PicturesController], providers: [PictureSets, Uploads] })
export class WebModule {
  static connectedTo(redisUrl: string): DynamicModule {
    return {
      module: WebModule,
      imports: [
        ReqRepModule.forRoot({
          connection: redisUrl,
          workers: false,
          errors: [UnreadablePictureError],
        }),
      ],
    };
  }
}
