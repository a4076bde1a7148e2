import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { JobContext, OnJob, RequestClient } from 'nestjs-reqrep';
import { PICTURE_SETS, type PictureSetJob, type SetProgress } from './picture-set-job.js';
import { PLANS, type Plan, type PlanJob, type WantedRendition } from './plan-job.js';
import { decode, nameOf, render } from './renditions.js';
import { RunLog } from './run-log.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';
import { WORKER } from './worker-name.js';

/** Makes the renditions of a picture in a worker process, and reports its progress after each. */
@Injectable()
export class PictureSetWorker {
  constructor(private readonly requests: RequestClient) {}

  @OnJob(PICTURE_SETS, { concurrency: 2 })
  async *render({ path, name, have }: PictureSetJob, job: JobContext): AsyncGenerator<SetProgress> {
    const log = new RunLog(name, job.signal, have);
    try {
      // Any worker answers, also this one. The request ends with this job: when its caller cancels, and at its deadline.
      const plan = await this.requests.request<Plan>(PLANS, { path, name } satisfies PlanJob);
      const progress = { worker: WORKER, of: plan.length + 1 };
      yield { ...progress, step: log.steps, doing: 'Reading the picture' };

      const file = await readFile(path, { signal: job.signal });
      const picture = await decode(file).catch((error: unknown) => {
        throw new UnreadablePictureError(name, error);
      });
      log.steps++;
      yield { ...progress, step: log.steps, ...doing(plan[have]) };

      for (const [index, wanted] of [...plan.entries()].slice(have)) {
        // An encoder cannot be interrupted, so the steps are small, and an aborted job begins no other step.
        job.signal.throwIfAborted();
        const made = await render(picture, wanted);
        log.steps++;
        yield { ...progress, step: log.steps, made, ...doing(plan[index + 1]) };
      }
    } catch (error) {
      log.failed(error);
      throw error;
    } finally {
      log.end();
    }
  }
}

const doing = (next: WantedRendition | undefined): Pick<SetProgress, 'doing'> =>
  next ? { doing: `Making ${nameOf(next)}` } : {};
