import { basename } from 'node:path';
import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Get,
  Param,
  Post,
  Query,
  Req,
  Sse,
  UseGuards,
  type MessageEvent,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { OWN_PICTURES, listPictures } from '../picture-folder.js';
import { PictureSets } from './picture-sets.service.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { toEvents } from './progress-events.js';
import { checkSize } from './upload-size.js';
import { Uploads } from './uploads.service.js';

@Controller()
export class PicturesController {
  constructor(
    private readonly uploads: Uploads,
    private readonly sets: PictureSets,
  ) {}

  /** The names of the sample's own pictures, for those who have none at hand. */
  @Get('samples.json')
  async samples(): Promise<string[]> {
    return (await listPictures(OWN_PICTURES)).map((path) => basename(path));
  }

  /** Takes a picture as the body of the request, as it is. */
  @Post('pictures')
  @UseGuards(SameOriginGuard)
  async upload(@Req() request: IncomingMessage): Promise<{ id: string }> {
    checkSize(request.headers);
    return { id: await this.uploads.store(request) };
  }

  /** Has the picture rendered while the browser listens, and no longer: Nest unsubscribes when it goes. */
  @Sse('pictures/:id/progress')
  progress(@Param('id') id: string, @Query('name') name: unknown = id): Observable<MessageEvent> {
    return toEvents(this.uploads.use(id, (path) => this.sets.of(path, printable(name))));
  }
}

/** A name that comes from outside, so that a terminal can show it. */
const printable = (name: unknown): string => String(name).slice(0, 80).replaceAll(/\p{C}/gu, '');
