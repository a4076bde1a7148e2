import { codeOfRefusal, isRefusal } from '../driver/refusal.js';
import { FIRST_READ_JOBS, ReadSize } from '../driver/read-size.js';
import type { Shard, Shards } from '../driver/shard.js';
import { JobRemovedError } from '../errors/index.js';
import { countKeys, deleteKey, expireKey, renameKeyIfFree } from '../protocol/operations/keys.js';
import { listLength, readList } from '../protocol/operations/lists.js';
import { putAwayJob } from '../protocol/operations/put-away-job.js';
import { settleJobs } from '../protocol/operations/settle-jobs.js';
import { replyTtl } from '../protocol/reply-ttl.js';
import { decodeJob } from '../protocol/wire/job-element.js';
import { encodeError } from '../protocol/wire/reply-frame.js';
import { libraryErrorToWire } from '../protocol/wire/wire-error.js';
import type { ShardCalls } from './shard-calls.js';
import { sumOf } from './sum-of.js';
import type { WaitingJobReader } from './waiting-job-reader.js';

/** Time for which purged jobs are kept if this process does not come to tell their callers, ms. */
const PURGED_TTL_MS = 3_600_000;

/** Removes waiting jobs, and sends their callers an error. Where many jobs are removed, they bypass Lua, which would hash each of their bytes. */
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
    const { requests, away } = this.placesOf(queue, shard);
    const { element } = job;
    const input = { requests, away, element, ttl: PURGED_TTL_MS };
    // A worker may have taken it meanwhile.
    const isRemoved = await this.calls.run(shard, putAwayJob, input);
    if (isRemoved) {
      await this.tellCallersOf(queue, shard, away);
    }
    return isRemoved;
  }

  /** @returns how many jobs were removed. */
  async purge(queue: string): Promise<number> {
    const counts = await Promise.all(
      this.shards.of(queue).map((shard) => this.purgeShard(queue, shard)),
    );
    return sumOf(counts);
  }

  /** Takes all jobs away in one step, so that no worker takes one any more, then tells their callers. */
  private async purgeShard(queue: string, shard: Shard): Promise<number> {
    const { requests, away } = this.placesOf(queue, shard);
    // Redis renames and expires keys of any type: what is no queue would be lost.
    await this.calls.run(shard, listLength, requests);
    if (!(await this.moveAway(shard, requests, away))) {
      return 0;
    }
    await this.calls.run(shard, expireKey, { key: away, ms: PURGED_TTL_MS });
    return this.tellCallersOf(queue, shard, away);
  }

  /** @returns the list of waiting jobs, and the one that jobs are in until their callers were told. */
  private placesOf(queue: string, shard: Shard): { requests: string; away: string } {
    const keys = shard.keys.queue(queue);
    return { requests: keys.requests, away: keys.purged(this.shards.runtime.randomUUID()) };
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

  /** Tells the callers of all jobs of a list, and deletes it. @returns how many jobs there were. */
  private async tellCallersOf(queue: string, shard: Shard, list: string): Promise<number> {
    const readSize = new ReadSize(FIRST_READ_JOBS);
    for (let count = 0; ;) {
      const range = { list, first: count, last: count + readSize.entries - 1 };
      const elements = await this.calls.run(shard, readList, range);
      if (elements.length === 0) {
        await this.calls.run(shard, deleteKey, list);
        return count;
      }
      await this.tellCallers(queue, shard, elements);
      count += elements.length;
      readSize.learnFrom(elements);
    }
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
    await this.calls.make(shard, async (line) => {
      const results = await line.settled((run) =>
        groups.map((group) => run(settleJobs, { ...NOTHING_SETTLED, groups: [group] })),
      );
      const failed = results.find(
        (result) => result.status === 'rejected' && !isNoList(result.reason),
      );
      if (failed?.status === 'rejected') {
        throw failed.reason;
      }
    });
  }
}

/** Whether a reply could not be pushed because its key is no list: nobody can read it there. */
const isNoList = (error: unknown): boolean =>
  isRefusal(error) && codeOfRefusal(error) === 'WRONGTYPE';

const NOTHING_SETTLED = {
  slots: [],
  places: [],
  takes: [],
  bypassesLua: false,
  isRepeated: false,
};
