import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  BadRequestException,
  Injectable,
  NotFoundException,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';

/** Time that an upload is kept for a browser that does not use it, ms. */
const UNUSED_UPLOAD_LIFETIME_MS = 60_000;

/** Keeps uploaded pictures, as long as they are needed, in a folder that the workers can read. */
@Injectable()
export class Uploads implements OnModuleInit, OnApplicationShutdown {
  private folder = '';
  /** The timers that remove unused uploads, by id. */
  private readonly unused = new Map<string, NodeJS.Timeout>();

  async onModuleInit(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'picture-sets-'));
  }

  /** @returns the id of the upload. */
  async store(picture: Readable): Promise<string> {
    const id = randomUUID();
    try {
      await pipeline(picture, createWriteStream(this.pathOf(id)));
    } catch (error) {
      await this.remove(id);
      throw new BadRequestException('The upload was interrupted. Send it again.', { cause: error });
    }
    this.unused.set(
      id,
      setTimeout(() => void this.remove(id), UNUSED_UPLOAD_LIFETIME_MS),
    );
    return id;
  }

  /** Uses an upload once, then removes it. @throws NotFoundException */
  use<Value>(id: string, work: (path: string) => Observable<Value>): Observable<Value> {
    // Only ids that `store` has returned become paths.
    if (!this.unused.has(id)) {
      throw new NotFoundException('There is no such picture, or no longer. Upload it again.');
    }
    this.keep(id);
    return work(this.pathOf(id)).pipe(finalize(() => void this.remove(id)));
  }

  async onApplicationShutdown(): Promise<void> {
    for (const id of this.unused.keys()) {
      this.keep(id);
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private pathOf(id: string): string {
    return join(this.folder, id);
  }

  private keep(id: string): void {
    clearTimeout(this.unused.get(id));
    this.unused.delete(id);
  }

  private async remove(id: string): Promise<void> {
    this.keep(id);
    await rm(this.pathOf(id), { force: true });
  }
}
