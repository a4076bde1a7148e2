import { delay } from '../driver/runtime.js';
import type { Shard, Shards } from '../driver/shard.js';
import { deleteKey } from '../protocol/operations/keys.js';
import { readList } from '../protocol/operations/lists.js';
import { publish } from '../protocol/operations/publish.js';
import { encodeControlMessage } from '../protocol/wire/control-message.js';
import { decodeRunningAnswer, type RunningAnswer } from '../protocol/wire/running-answer.js';
import type { RunningJobs } from './running-jobs.js';
import type { ShardCalls } from './shard-calls.js';
import type { WorkerReader } from './worker-reader.js';
import type { WorkerSnapshot } from './worker-snapshot.js';

/** Wait between two looks for answers, ms. */
const LOOK_INTERVAL_MS = 10;

/** Most answers that are read: more than any queue has workers. */
const MAX_ANSWERS = 10_000;

/** Asks the workers of a queue what they run. Nothing is stored for each job. */
export class RunningQuestion {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
    private readonly workers: WorkerReader,
  ) {}

  /** @param timeout - how long to wait for answers, ms. */
  async ask(queue: string, timeout: number): Promise<RunningJobs> {
    const { alive } = await this.workers.read(queue);
    const hearing = alive.filter(hears);
    const parts = await Promise.all(
      this.shards.of(queue).map((shard) => this.askShard(queue, shard, hearing, timeout)),
    );
    const answered = (worker: WorkerSnapshot): boolean =>
      parts.every((answers) => answers.some((answer) => answer.worker === worker.id));
    return {
      jobs: parts
        .flat()
        .flatMap(({ worker, runs }) => runs.map((run) => ({ queue, worker, ...run })))
        .toSorted((one, other) => one.since - other.since),
      silent: alive.filter((worker) => !answered(worker)),
    };
  }

  private async askShard(
    queue: string,
    shard: Shard,
    workers: readonly WorkerSnapshot[],
    timeout: number,
  ): Promise<RunningAnswer[]> {
    if (workers.length === 0) {
      return [];
    }
    const { runtime } = this.shards;
    const to = runtime.randomId();
    const list = shard.keys.replies(to);
    const message = encodeControlMessage({ ask: 'running', queue, to });
    await this.calls.run(shard, publish, { channel: shard.keys.control, message });
    const end = runtime.now() + timeout;
    const answers = new Map<string, RunningAnswer>();
    for (;;) {
      const range = { list, first: 0, last: MAX_ANSWERS - 1 };
      for (const text of await this.calls.run(shard, readList, range)) {
        const answer = decodeRunningAnswer(text);
        if (answer) {
          answers.set(answer.worker, answer);
        }
      }
      if (workers.every(({ id }) => answers.has(id)) || runtime.now() >= end) {
        // A later answer makes the list anew, which expires.
        await this.calls.run(shard, deleteKey, list);
        return [...answers.values()];
      }
      await delay(runtime, LOOK_INTERVAL_MS, { ref: true });
    }
  }
}

/** Whether a worker is of a version that hears of pauses and answers questions. */
export const hears = ({ isPaused }: WorkerSnapshot): boolean => isPaused !== undefined;
