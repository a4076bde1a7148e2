import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { OnJob } from 'nestjs-reqrep';
import sharp from 'sharp';
import { THUMBNAILS, type Thumbnail, type ThumbnailJob } from './thumbnail-job.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';

/** Renders thumbnails in a worker process. */
@Injectable()
export class ThumbnailWorker {
  @OnJob(THUMBNAILS, { concurrency: 2 })
  async render({ path, width }: ThumbnailJob): Promise<Thumbnail> {
    try {
      return await thumbnailOf(await readFile(path), width);
    } catch (error) {
      throw new UnreadablePictureError(basename(path), error);
    }
  }
}

async function thumbnailOf(picture: Buffer, width: number): Promise<Thumbnail> {
  const { autoOrient: before } = await sharp(picture).metadata();
  const { data, info: after } = await sharp(picture)
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .webp()
    .toBuffer({ resolveWithObject: true });
  return {
    before: { width: before.width, height: before.height, bytes: picture.length },
    after: { width: after.width, height: after.height, bytes: data.length },
    webp: data.toString('base64'),
    pid: process.pid,
  };
}
