import { codeOfRefusal, isRefusal } from '../driver/refusal.js';
import type { Shard, Shards } from '../driver/shard.js';
import { JobRemovedError } from '../errors/index.js';
import { countKeys, deleteKey, expireKey, renameKeyIfFree } from '../protocol/operations/keys.js';
import { readList, removeFromList } from '../protocol/operations/lists.js';
import { settleJobs } from '../protocol/operations/settle-jobs.js';
import { replyTtl } from '../protocol/reply-ttl.js';
import { decodeJob } from '../protocol/wire/job-element.js';
import { encodeError } from '../protocol/wire/reply-frame.js';
import { libraryErrorToWire } from '../protocol/wire/wire-error.js';
import type { ShardCalls } from './shard-calls.js';
import type { WaitingJobReader } from './waiting-job-reader.js';

/** Jobs whose callers are told together. */
const JOBS_PER_STEP = 200;

/** Time for which purged jobs are kept if this process does not come to tell their callers, ms. */
const PURGED_TTL_MS = 3_600_000;

/** Removes waiting jobs, and sends their callers an error. Jobs bypass Lua, which would hash each of their bytes. */
export class JobRemover {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
    private readonly waiting: WaitingJobReader,
  ) {}

  /** @returns whether it waited. */
  async remove(queue: string, id: string | number): Promise<boolean> {
    const found = await this.waiting.find(queue, id);
    if (!found) {
      return false;
    }
    const { shard, job } = found;
    const list = shard.keys.queue(queue).requests;
    // A worker may have taken it meanwhile.
    const isRemoved = await this.calls.run(shard, removeFromList, { list, element: job.element });
    if (isRemoved) {
      await this.tellCallers(queue, shard, [job.element]);
    }
    return isRemoved;
  }

  /** @returns how many jobs were removed. */
  async purge(queue: string): Promise<number> {
    const counts = await Promise.all(
      this.shards.of(queue).map((shard) => this.purgeShard(queue, shard)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Takes all jobs away in one step, so that no worker takes one any more, then tells their callers. */
  private async purgeShard(queue: string, shard: Shard): Promise<number> {
    const keys = shard.keys.queue(queue);
    const purged = keys.purged(this.shards.runtime.randomUUID());
    if (!(await this.moveAway(shard, keys.requests, purged))) {
      return 0;
    }
    await this.calls.run(shard, expireKey, { key: purged, ms: PURGED_TTL_MS });
    for (let count = 0; ;) {
      const range = { list: purged, first: count, last: count + JOBS_PER_STEP - 1 };
      const elements = await this.calls.run(shard, readList, range);
      if (elements.length === 0) {
        await this.calls.run(shard, deleteKey, purged);
        return count;
      }
      await this.tellCallers(queue, shard, elements);
      count += elements.length;
    }
  }

  /** @returns whether there were jobs. Where the answer was lost, the second try finds them away. */
  private async moveAway(shard: Shard, key: string, to: string): Promise<boolean> {
    try {
      await this.calls.run(shard, renameKeyIfFree, { key, to });
    } catch (error) {
      if (!isRefusal(error) || codeOfRefusal(error) !== 'ERR') {
        throw error;
      }
      // There is no such key.
    }
    return (await this.calls.run(shard, countKeys, [to])) > 0;
  }

  /** Pushes errors to the reply lists of jobs. A caller that gets two ignores the second. */
  private async tellCallers(
    queue: string,
    shard: Shard,
    elements: readonly string[],
  ): Promise<void> {
    const now = shard.driver.clock.now();
    const groups = elements.flatMap((element) => {
      const job = decodeJob(element);
      if (job.version !== 2 || job.replyTo === undefined) {
        return [];
      }
      const error = new JobRemovedError(queue, String(job.id));
      const frame = encodeError(job.id, libraryErrorToWire(error, job.id));
      return [
        {
          list: shard.keys.replies(job.replyTo),
          ttl: replyTtl(now, job.deadline),
          frames: [frame],
        },
      ];
    });
    await this.calls.make(shard, (line) =>
      line.settled((run) =>
        groups.map((group) => run(settleJobs, { ...NOTHING_SETTLED, groups: [group] })),
      ),
    );
  }
}

const NOTHING_SETTLED = {
  slots: [],
  places: [],
  takes: [],
  bypassesLua: false,
  isRepeated: false,
};
