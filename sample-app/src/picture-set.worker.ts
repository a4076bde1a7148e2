import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { JobContext, OnJob } from 'nestjs-reqrep';
import { PICTURE_SETS, type PictureSetJob, type SetProgress } from './picture-set-job.js';
import { decode, planFor, render } from './renditions.js';
import { RunLog } from './run-log.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';
import { WORKER } from './worker-name.js';

/** Makes the renditions of a picture in a worker process, and reports its progress after each. */
@Injectable()
export class PictureSetWorker {
  @OnJob(PICTURE_SETS, { concurrency: 2 })
  async *render({ path, name, have }: PictureSetJob, job: JobContext): AsyncGenerator<SetProgress> {
    const log = new RunLog(name, job.signal, have);
    try {
      const file = await readFile(path, { signal: job.signal });
      const plan = await planFor(file).catch((error: unknown) => {
        throw new UnreadablePictureError(name, error);
      });
      const progress = { worker: WORKER, of: plan.length + 1 };
      yield { ...progress, step: log.steps, doing: 'Reading the picture' };

      const picture = await decode(file).catch((error: unknown) => {
        throw new UnreadablePictureError(name, error);
      });
      log.steps++;
      yield { ...progress, step: log.steps, doing: `Making ${plan[have]}` };

      for (const [index, wanted] of [...plan.entries()].slice(have)) {
        // An encoder cannot be interrupted, so the steps are small, and an aborted job begins no other step.
        job.signal.throwIfAborted();
        const made = await render(picture, wanted);
        log.steps++;
        const next = plan[index + 1];
        yield { ...progress, step: log.steps, made, ...(next && { doing: `Making ${next}` }) };
      }
    } catch (error) {
      log.failed(error);
      throw error;
    } finally {
      log.end();
    }
  }
}
