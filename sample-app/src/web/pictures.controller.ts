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

  /** Lists the sample pictures, for users without a picture at hand. */
  @Get('samples.json')
  async samples(): Promise<string[]> {
    return (await listPictures(OWN_PICTURES)).map((path) => basename(path));
  }

  /** Stores a picture: the raw body of the request. */
  @Post('pictures')
  @UseGuards(SameOriginGuard)
  async upload(@Req() request: IncomingMessage): Promise<{ id: string }> {
    checkSize(request.headers);
    return { id: await this.uploads.store(request) };
  }

  /** Renders the picture while the browser is connected: Nest unsubscribes when it disconnects. */
  @Sse('pictures/:id/progress')
  progress(@Param('id') id: string, @Query('name') name: unknown = id): Observable<MessageEvent> {
    return toEvents(this.uploads.use(id, (path) => this.sets.of(path, printable(name))));
  }
}

/** Makes a name from outside safe for a terminal. */
const printable = (name: unknown): string => String(name).slice(0, 80).replaceAll(/\p{C}/gu, '');
