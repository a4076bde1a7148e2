import type { Shards } from '../driver/shard.js';
import { describeValue } from '../errors/value-text.js';
import { InvalidOptionError } from '../errors/index.js';
import {
  aName,
  aDuration,
  checkOptions,
  expectedBy,
  type OptionRules,
} from '../options/option-rules.js';
import { DeadLetters } from './dead-letters.js';
import { JobRemover } from './job-remover.js';
import type { ListRange } from './list-range.js';
import type { PausedQueue } from './paused-queue.js';
import { QueuePauser } from './queue-pauser.js';
import { QueueReader } from './queue-reader.js';
import type { QueueSnapshot } from './queue-snapshot.js';
import { DEFAULT_LIMIT, RANGE_RULES } from './range-rules.js';
import type { RunningJobs } from './running-jobs.js';
import type { RunningOptions } from './running-options.js';
import { RunningQuestion } from './running-question.js';
import { ShardCalls } from './shard-calls.js';
import { WaitingJobReader } from './waiting-job-reader.js';
import type { WaitingJob } from './waiting-job.js';
import { WorkerReader } from './worker-reader.js';
import type { WorkerSnapshot } from './worker-snapshot.js';

/** Queues that are read at the same time. */
const QUEUES_AT_A_TIME = 16;

const DEFAULT_RUNNING_TIMEOUT_MS = 500;

const RUNNING_RULES: OptionRules<RunningOptions> = { timeout: aDuration(1) };

/**
 * Looks at queues, their workers and their dead letters, pauses queues and removes jobs, of all processes that share the server and the
 * `prefix`. `ReqRepModule` provides it, and `createReqRep` has it as `admin`. It needs no worker and no client, and connects at its first use.
 *
 * Each method fails within some seconds, with a {@link ConnectionFailedError}, where Redis does not answer; and with the refusal of Redis, in
 * words, where its user lacks a right.
 *
 * @example
 * ```ts
 * constructor(private readonly admin: QueueAdmin) {}
 *
 * async longest(): Promise<string | undefined> {
 *   const queues = await this.admin.queues();
 *   return queues.toSorted((one, other) => other.waiting - one.waiting)[0]?.queue;
 * }
 * ```
 */
export class QueueAdmin {
  readonly #shards: Shards;
  readonly #calls: ShardCalls;
  readonly #queues: QueueReader;
  readonly #workers: WorkerReader;
  readonly #waiting: WaitingJobReader;
  readonly #pauser: QueuePauser;
  readonly #question: RunningQuestion;
  readonly #remover: JobRemover;

  /** Is private: inject the admin that `ReqRepModule` provides. */
  private constructor(shards: Shards) {
    const calls = new ShardCalls(shards);
    this.#shards = shards;
    this.#calls = calls;
    this.#workers = new WorkerReader(shards, calls);
    this.#queues = new QueueReader(shards, calls, this.#workers);
    this.#waiting = new WaitingJobReader(shards, calls);
    this.#pauser = new QueuePauser(shards, calls, this.#workers);
    this.#remover = new JobRemover(shards, calls, this.#waiting);
    this.#question = new RunningQuestion(shards, calls, this.#workers);
  }

  /** @internal */
  static create(shards: Shards): QueueAdmin {
    return new QueueAdmin(shards);
  }

  /** @returns ms since the epoch by the clock of Redis; by that of this process before the first answer. @internal */
  now(): number {
    return this.#shards.all[0]?.driver.clock.now() ?? Date.now();
  }

  /**
   * Returns all queues that a worker has served within 90 days, sorted by name; 10 000 at most for each shard. A queue that was never
   * served is not among them: ask for it by its name.
   */
  async queues(): Promise<QueueSnapshot[]> {
    return inTurns(await this.#queues.names(), (queue) => this.#queues.read(queue));
  }

  /**
   * Returns the state of one queue, known or not.
   *
   * @param queue - The name of the queue.
   * @throws {@link InvalidOptionError} for anything that is no name.
   */
  async queue(queue: string): Promise<QueueSnapshot> {
    checkQueue(queue, 'admin.queue');
    return this.#queues.read(queue);
  }

  /**
   * Returns the workers that are alive: one for each queue of a process. A worker that was killed is among them until its lease lapses.
   *
   * @param queue - The name of the queue; without it, the workers of all queues.
   * @throws {@link InvalidOptionError} for anything that is no name.
   */
  async workers(queue?: string): Promise<WorkerSnapshot[]> {
    if (queue !== undefined) {
      checkQueue(queue, 'admin.workers');
    }
    const queues = queue === undefined ? await this.#queues.names() : [queue];
    const found = await inTurns(queues, (each) => this.#workers.read(each));
    return found.flatMap(({ alive }) => alive);
  }

  /**
   * Returns jobs that wait in a queue, from the one that is taken next, and leaves them there.
   *
   * @param queue - The name of the queue.
   * @param range - Which of them; the first 50 by default.
   * @throws {@link InvalidOptionError} for a wrong name or range.
   */
  async peek(queue: string, range: ListRange = {}): Promise<WaitingJob[]> {
    checkQueue(queue, 'admin.peek');
    checkOptions(range, RANGE_RULES, 'the options of a call to `admin.peek`');
    return this.#waiting.peek(queue, range.skip ?? 0, range.limit ?? DEFAULT_LIMIT);
  }

  /**
   * Looks for a job that waits in a queue. Reads the queue from its end, which takes long where it is long.
   *
   * @param queue - The name of the queue.
   * @param id - The id of the job.
   * @returns The job; `undefined` where it does not wait.
   * @throws {@link InvalidOptionError} for a wrong name or id.
   */
  async find(queue: string, id: string | number): Promise<WaitingJob | undefined> {
    checkQueue(queue, 'admin.find');
    checkId(id, 'admin.find');
    return (await this.#waiting.find(queue, id))?.job;
  }

  /**
   * Asks the workers of a queue what they run.
   *
   * @param queue - The name of the queue.
   * @param options - How long to wait for their answers; 500 ms by default.
   * @throws {@link InvalidOptionError} for a wrong name or option.
   */
  async running(queue: string, options: RunningOptions = {}): Promise<RunningJobs> {
    checkQueue(queue, 'admin.running');
    checkOptions(options, RUNNING_RULES, 'the options of a call to `admin.running`');
    return this.#question.ask(queue, options.timeout ?? DEFAULT_RUNNING_TIMEOUT_MS);
  }

  /**
   * Pauses a queue for the workers of all processes, also those that start later, until {@link resume}. They take no more jobs, within
   * moments, and give those back that they have taken and not started. Jobs that run go on. Requests to the queue wait.
   *
   * @param queue - The name of the queue.
   * @returns The workers that hear of it, and those of earlier versions of the library that do not, and go on.
   * @throws {@link InvalidOptionError} for a wrong name.
   */
  async pause(queue: string): Promise<PausedQueue> {
    checkQueue(queue, 'admin.pause');
    return this.#pauser.pause(queue);
  }

  /**
   * Removes a job that waits in a queue. Its caller gets a {@link JobRemovedError} at once; one of the original `reqrep` gets nothing, since it
   * knows no errors.
   *
   * @param queue - The name of the queue.
   * @param id - The id of the job.
   * @returns Whether it was removed: `false` where it does not wait, or a worker took it meanwhile.
   * @throws {@link InvalidOptionError} for a wrong name or id.
   */
  async remove(queue: string, id: string | number): Promise<boolean> {
    checkQueue(queue, 'admin.remove');
    checkId(id, 'admin.remove');
    return this.#remover.remove(queue, id);
  }

  /**
   * Removes all jobs that wait in a queue, in one step. Their callers get a {@link JobRemovedError} at once, as with {@link remove}. Jobs
   * that a worker has taken stay.
   *
   * @param queue - The name of the queue.
   * @returns The number of jobs that were removed.
   * @throws {@link InvalidOptionError} for a wrong name.
   */
  async purge(queue: string): Promise<number> {
    checkQueue(queue, 'admin.purge');
    return this.#remover.purge(queue);
  }

  /**
   * Ends a {@link pause}. A process that has paused the queue for itself, by `ReplyWorkers.pause`, has to resume it for itself, too.
   *
   * @param queue - The name of the queue.
   * @throws {@link InvalidOptionError} for a wrong name.
   */
  async resume(queue: string): Promise<void> {
    checkQueue(queue, 'admin.resume');
    await this.#pauser.resume(queue);
  }

  /**
   * Returns the dead letters of a queue: jobs that are not run any more, to look at, retry and remove.
   *
   * @param queue - The name of the queue.
   * @throws {@link InvalidOptionError} for anything that is no name.
   */
  deadLetters(queue: string): DeadLetters {
    checkQueue(queue, 'admin.deadLetters');
    return DeadLetters.create(this.#shards, queue, (...call) => this.#calls.run(...call));
  }
}

function checkQueue(queue: unknown, method: string): void {
  if (!aName.accepts(queue)) {
    const option = `queue in a call to \`${method}\``;
    throw new InvalidOptionError(option, expectedBy(aName, queue), describeValue(queue));
  }
}

/** Refuses what is no id: a job that cannot be read has none, and would be found by `undefined`. */
function checkId(id: unknown, method: string): void {
  if (typeof id !== 'string' && !Number.isFinite(id)) {
    const option = `id in a call to \`${method}\``;
    throw new InvalidOptionError(option, 'a string or a number', describeValue(id));
  }
}

/** Does some work for each queue, for some at a time. */
async function inTurns<Result>(
  queues: readonly string[],
  work: (queue: string) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < queues.length; first += QUEUES_AT_A_TIME) {
    const some = queues.slice(first, first + QUEUES_AT_A_TIME);
    results.push(...(await Promise.all(some.map(work))));
  }
  return results;
}
