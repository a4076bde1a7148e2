import type { Shard, Shards } from '../driver/shard.js';
import { listLength, readList } from '../protocol/operations/lists.js';
import { decodeJob } from '../protocol/wire/job-element.js';
import type { ShardCalls } from './shard-calls.js';
import type { WaitingJob } from './waiting-job.js';

/** Jobs that are read together when one is looked for. */
const JOBS_PER_READ = 200;

/** A waiting job, and the shard in which it waits. */
export interface FoundWaitingJob {
  readonly shard: Shard;
  readonly job: WaitingJob;
}

/** Reads the jobs that wait in queues. They bypass Lua, which would hash each of their bytes. */
export class WaitingJobReader {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
  ) {}

  /** @returns jobs from the one that is taken next; those of a hot queue in the order in which they were pushed. */
  async peek(queue: string, skip: number, limit: number): Promise<WaitingJob[]> {
    const [shard, ...others] = this.shards.of(queue);
    if (shard && others.length === 0) {
      return this.readRange(queue, shard, skip, skip + limit);
    }
    const parts = await Promise.all(
      this.shards.of(queue).map((each) => this.readRange(queue, each, 0, skip + limit)),
    );
    return parts
      .flatMap(withTimes)
      .toSorted((one, other) => one.at - other.at)
      .slice(skip, skip + limit)
      .map(({ job }) => job);
  }

  private async readRange(
    queue: string,
    shard: Shard,
    first: number,
    end: number,
  ): Promise<WaitingJob[]> {
    const list = shard.keys.queue(queue).requests;
    const elements = await this.calls.run(shard, readList, { list, first, last: end - 1 });
    return elements.map((element, index) => waitingJobOf(queue, first + index, element));
  }

  /** Looks for a job, from the last one that waits: jobs that are taken meanwhile do not move the others then. */
  async find(queue: string, id: string | number): Promise<FoundWaitingJob | undefined> {
    for (const shard of this.shards.of(queue)) {
      const list = shard.keys.queue(queue).requests;
      const length = await this.calls.run(shard, listLength, list);
      for (let passed = 0; passed < length; passed += JOBS_PER_READ) {
        const range = { list, first: -passed - JOBS_PER_READ, last: -passed - 1 };
        const elements = await this.calls.run(shard, readList, range);
        const index = elements.findIndex((element) => idOf(element) === id);
        const element = elements[index];
        if (element !== undefined) {
          const position = Math.max(0, length - passed - elements.length + index);
          return { shard, job: waitingJobOf(queue, position, element) };
        }
      }
    }
    return undefined;
  }
}

/** Adds when each job of a shard was pushed. One that does not tell comes behind the job before it. */
function withTimes(jobs: readonly WaitingJob[]): { job: WaitingJob; at: number }[] {
  let at = 0;
  return jobs.map((job) => {
    at = Math.max(at, job.pushedAt ?? 0);
    return { job, at };
  });
}

function idOf(element: string): string | number | undefined {
  const job = decodeJob(element);
  return job.version === 0 ? undefined : job.id;
}

function waitingJobOf(queue: string, position: number, element: string): WaitingJob {
  const job = decodeJob(element);
  const place = { queue, position, element };
  if (job.version === 0) {
    return {
      ...place,
      id: undefined,
      kind: undefined,
      data: undefined,
      headers: {},
      attempt: 1,
      pushedAt: undefined,
      deadline: undefined,
      problem: job.reason,
    };
  }
  const { id, data, headers = {}, redeliveries, pushedAt, deadline } = job;
  const isRequest = job.version === 1 || job.replyTo !== undefined;
  return {
    ...place,
    id,
    kind: isRequest ? 'request' : 'emit',
    data,
    headers,
    attempt: redeliveries + 1,
    pushedAt,
    deadline,
    problem: undefined,
  };
}
