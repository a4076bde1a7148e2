import type { PushResult } from './push-guarded-job.js';

export interface PushJobs {
  readonly requests: string;
  readonly elements: readonly string[];
}

/** Appends jobs to a queue, whatever its length is and whether a worker serves it. */
export const pushJobs = {
  name: 'pushJobs',
  command: 'rpush',
  keys: ({ requests }: PushJobs) => [requests],
  args: ({ elements }: PushJobs) => elements,
  read: (answer: unknown): PushResult => ({
    outcome: 'pushed',
    queueLength: Number(answer),
  }),
};
