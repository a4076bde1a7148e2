import { FIRST_READ_JOBS, ReadSize } from '../driver/read-size.js';
import type { Shard, Shards } from '../driver/shard.js';
import { listLength, readList } from '../protocol/operations/lists.js';
import { decodeJob } from '../protocol/wire/job-element.js';
import type { ShardCalls } from './shard-calls.js';
import type { WaitingJob } from './waiting-job.js';

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

  /**
   * Looks for a job, from the last one that waits to the first: jobs that are taken meanwhile do not move the others then, and jobs that are
   * pushed move them ahead, where they are still to be read.
   */
  async find(queue: string, id: string | number): Promise<FoundWaitingJob | undefined> {
    for (const shard of this.shards.of(queue)) {
      const job = await this.findInShard(queue, shard, id);
      if (job) {
        return { shard, job };
      }
    }
    return undefined;
  }

  private async findInShard(
    queue: string,
    shard: Shard,
    id: string | number,
  ): Promise<WaitingJob | undefined> {
    const list = shard.keys.queue(queue).requests;
    const queueLength = await this.calls.run(shard, listLength, list);
    const readSize = new ReadSize(FIRST_READ_JOBS);
    for (let passed = 0; ;) {
      const asked = readSize.entries;
      const range = { list, first: -passed - asked, last: -passed - 1 };
      const elements = await this.calls.run(shard, readList, range);
      const isAtHead = elements.length < asked;
      const index = elements.findIndex((element) => idOf(element) === id);
      const element = elements[index];
      if (element !== undefined) {
        const first = isAtHead ? 0 : Math.max(0, queueLength - passed - asked);
        return waitingJobOf(queue, first + index, element);
      }
      if (isAtHead) {
        return undefined;
      }
      passed += asked;
      readSize.learnFrom(elements);
    }
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
