import { endsWithin } from '../driver/in-time.js';
import type { QueueKeys } from '../protocol/keys.js';
import { LIBRARY_VERSION } from '../protocol/library-version.js';
import type { WorkerReport } from '../protocol/operations/renew-lease.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import type { ToldRun } from '../protocol/wire/running-answer.js';
import { nameOfJob, type RunContext } from './running/run-context.js';
import { JobRunner } from './running/job-runner.js';
import { JobStarter } from './running/job-starter.js';
import { OverdueRuns } from './running/overdue-runs.js';
import { RunRegistry } from './running/run-registry.js';
import { RunSettlement } from './running/run-settlement.js';
import { UnfinishedRuns } from './running/unfinished-runs.js';
import type { LaneLease, LaneOwner } from './settling/lane-owner.js';
import { QueueLane } from './settling/queue-lane.js';
import type { Settler } from './settling/settler.js';
import { JobTally } from './settling/job-tally.js';
import { FINAL_WRITE_TIMEOUT_MS } from './settling/unfinished-jobs.js';
import { LostJobs } from './taking/lost-jobs.js';
import type { JobPlace } from './taking/slots.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** Serves one queue: takes its jobs into slots, runs them, and settles each. */
export class ReplyWorker implements LaneOwner {
  private readonly keys: QueueKeys;
  private readonly lane: QueueLane;
  private readonly runs = new RunRegistry();
  private readonly runner: JobRunner;
  private readonly starter: JobStarter;
  private readonly overdueRuns: OverdueRuns;
  private readonly unfinishedRuns: UnfinishedRuns;
  private readonly tally = new JobTally();
  /** For whom the queue is paused. */
  private readonly pausedFor = new Set<'this process' | 'all processes'>();

  constructor(
    readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    settler: Settler,
    lease: LaneLease,
  ) {
    const { shard, options, log, hooks, failures } = parts;
    const { driver } = shard;
    const { queue } = handler;
    const { runs, tally } = this;
    const keys = shard.keys.queue(queue);
    const lane = new QueueLane(handler, keys, parts, settler, lease, this);
    const output = new RunSettlement(keys, parts, lane, tally);
    const runner = new JobRunner({ handler, options, log, hooks, failures, time: driver, output });
    const lostJobs = new LostJobs(queue, shard.keys, driver.clock);
    this.keys = keys;
    this.lane = lane;
    this.runner = runner;
    this.starter = new JobStarter(handler, parts, lane, lostJobs, runner, runs, tally);
    this.overdueRuns = new OverdueRuns(handler, runs, log, driver.runtime);
    this.unfinishedRuns = new UnfinishedRuns(handler, parts, lane, lostJobs, runner);
  }

  /** Number of jobs that run now. */
  get busy(): number {
    return this.lane.running;
  }

  /** The refusal of Redis that keeps jobs from being taken, in words; `undefined` while jobs are taken. */
  get refusal(): string | undefined {
    return this.lane.refusal;
  }

  /** Whether the queue is paused, for this process or for all. */
  get isPaused(): boolean {
    return this.pausedFor.size > 0;
  }

  /** @returns what other processes are told of the work of this worker. */
  report(): WorkerReport {
    const { name: handler, concurrency } = this.handler;
    return {
      handler,
      version: LIBRARY_VERSION,
      concurrency,
      running: this.busy,
      paused: this.isPaused ? 1 : 0,
      counts: this.tally.counts,
    };
  }

  /** The keys of the slots. */
  get slotKeys(): readonly string[] {
    const { slotCount } = this.lane;
    return Array.from({ length: slotCount }, (_, slot) =>
      this.keys.active(this.parts.workerId, slot),
    );
  }

  /** The identities of the current connection that takes jobs, and of earlier ones that the server may still know. */
  get identities(): readonly LineIdentity[] {
    return this.lane.identities;
  }

  start(): void {
    this.overdueRuns.watch();
    this.lane.start();
  }

  /** Resolves when no job will be started until {@link resume}. Jobs that run go on. */
  pause(): Promise<void> {
    this.pausedFor.add('this process');
    return this.lane.pause();
  }

  /** Starts jobs again, unless the queue is paused for all processes. */
  resume(): void {
    this.pausedFor.delete('this process');
    this.resumeUnlessPaused();
  }

  /**
   * Notes whether the queue is paused for all processes.
   * @returns whether that is news.
   */
  pauseForAll(isPaused: boolean): boolean {
    if (isPaused === this.pausedFor.has('all processes')) {
      return false;
    }
    if (isPaused) {
      this.pausedFor.add('all processes');
      void this.lane.pause();
    } else {
      this.pausedFor.delete('all processes');
      this.resumeUnlessPaused();
    }
    return true;
  }

  /**
   * Takes no more jobs, waits for the jobs that run, and gives back the rest to the head of the queue.
   * @param outOfTime - aborts when the time of the running jobs is up.
   * @returns whether no job can arrive in the slots any more.
   */
  async stop(outOfTime: AbortSignal): Promise<boolean> {
    const isOver = await this.lane.stop(outOfTime);
    await this.runs.untilIdle(outOfTime);
    await this.unfinishedRuns.interrupt(this.runs.unfinished);
    this.overdueRuns.stop();
    const { runtime } = this.parts.shard.driver;
    await endsWithin(FINAL_WRITE_TIMEOUT_MS, this.lane.untilGivenBack(), runtime);
    return isOver;
  }

  /**
   * Excuses a job that stops its own worker, and most likely waits for the stop: the stop waits for the job only for a short time.
   * After that the job stays in its slot, where it can still be settled. If it is not, another worker finds it and counts it as lost.
   */
  excuse(job: RunContext): void {
    const { options, shard } = this.parts;
    const time = Math.min(FINAL_WRITE_TIMEOUT_MS, options.shutdownTimeout);
    // The registry may not know the run yet, where the handler calls this before it returns.
    shard.driver.runtime.setTimeout(() => this.runs.excuse(job), time);
  }

  /** Whether a stop does not wait for some of the jobs. */
  get isExcusing(): boolean {
    return this.runs.hasExcused;
  }

  /** Resolves when all runs are over, also those that a stop does not wait for. */
  over(): Promise<void> {
    return this.runs.untilOver();
  }

  /** Aborts jobs that were cancelled, and remembers the ids of jobs that do not run here. */
  cancel(ids: readonly string[]): void {
    const unmet = new Set<string | number>(ids);
    const met = [...this.runs].filter(({ job }) => unmet.has(job.id));
    for (const run of met) {
      unmet.delete(run.job.id);
      const reason = `The caller cancelled ${nameOfJob(run.context)}`;
      this.runner.cancel(run, new DOMException(reason, 'AbortError'));
    }
    for (const id of unmet) {
      this.starter.cancel(id);
    }
  }

  /** @returns the runs whose handlers have not returned. */
  toldRuns(): ToldRun[] {
    const { clock, runtime } = this.parts.shard.driver;
    const offset = clock.now() - runtime.now();
    return [...this.runs].flatMap(({ job, context, startedAt, hasEnded }) =>
      hasEnded
        ? []
        : [{ id: job.id, since: Math.round(startedAt + offset), attempt: context.attempt }],
    );
  }

  private resumeUnlessPaused(): void {
    if (!this.isPaused) {
      this.lane.resume();
    }
  }

  startJob(place: JobPlace, element: string): void {
    this.parts.scope.runInAsyncScope(this.starter.start, this.starter, place, element);
  }

  jobNotStarted(place: JobPlace, element: string, error: unknown): void {
    this.starter.notStarted(place, element, error);
  }

  runningPlaces(): readonly JobPlace[] {
    return this.runs.places;
  }
}
