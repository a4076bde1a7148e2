import { Injectable } from '@nestjs/common';
import { OnJob } from '../../lib/index.js';

/** A provider that answers the jobs of a queue with their data. */
export function echoOf(queue: string) {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  return Worker;
}
