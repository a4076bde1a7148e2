import { Injectable } from '@nestjs/common';
import { OnJob, type OnJobOptions } from '../../lib/index.js';

/** A provider whose method answers a queue. */
export function workerOf(
  queue: string,
  answer: (data: unknown) => unknown = (data) => data,
  options: Omit<OnJobOptions, 'parameters'> = {},
) {
  @Injectable()
  class ReportWorker {
    @OnJob<string>(queue, options)
    render(data: unknown): unknown {
      return answer(data);
    }
  }
  return ReportWorker;
}
