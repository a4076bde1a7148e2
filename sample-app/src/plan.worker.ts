import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { JobContext, OnJob } from 'nestjs-reqrep';
import { PLANS, type Plan, type PlanJob } from './plan-job.js';
import { planFor } from './renditions.js';
import { UnreadablePictureError } from './unreadable-picture.error.js';

/** Plans the renditions of a picture for the worker that makes them: quick jobs, with a queue of their own, that wait behind no slow ones. */
@Injectable()
export class PlanWorker {
  @OnJob(PLANS, { concurrency: 4 })
  async plan({ path, name }: PlanJob, job: JobContext): Promise<Plan> {
    const file = await readFile(path, { signal: job.signal });
    return await planFor(file).catch((error: unknown) => {
      throw new UnreadablePictureError(name, error);
    });
  }
}
