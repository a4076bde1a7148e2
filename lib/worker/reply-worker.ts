import { messageOf, stackOf } from '../errors/error-text.js';
import { toErrorForm } from '../protocol/wire/error-form.js';
import { decodeJob, hasSentValues, type Job } from '../protocol/wire/job-element.js';
import type { QueueKeys } from '../protocol/keys.js';
import { encodeError } from '../protocol/wire/reply-frame.js';
import { replyTtl } from '../protocol/reply-ttl.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import { Gate } from '../driver/gate.js';
import { argumentOf } from '../protocol/argument.js';
import { CancelledJobs } from './running/cancelled-jobs.js';
import { Intake, type IntakeOwner, type Take } from './taking/intake.js';
import { suspicionOf } from './taking/isolation.js';
import { nameOfJob, type JobContext } from './running/job-context.js';
import { JobFetcher } from './taking/job-fetcher.js';
import { JobRun } from './running/job-run.js';
import { JobRunner } from './running/job-runner.js';
import { JobRuns } from './running/job-runs.js';
import { LostJobs, mostDeliveries } from './taking/lost-jobs.js';
import type { Outcome, SettledQueue } from './settling/outcome.js';
import { OverdueRuns } from './running/overdue-runs.js';
import { LAST_WORD_MS, lastWord, UnfinishedJobs } from './settling/unfinished-jobs.js';
import { ReplyStream } from './running/reply-stream.js';
import type { Settler } from './settling/settler.js';
import type { JobPlace } from './taking/slots.js';
import { StaleSlots } from './taking/stale-slots.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** What a worker needs of its lease. */
export interface WorkerLease {
  /** Tells others of this worker and its connections. */
  renew(): Promise<void>;
  /** Whether others know that these are the connections of this worker. */
  isUpToDate(): boolean;
}

/** Answers the jobs of one queue: takes them into slots, runs them, and settles each. */
export class ReplyWorker {
  private readonly keys: QueueKeys;
  private readonly lostJobs: LostJobs;
  private readonly intake: Intake;
  private readonly staleSlots: StaleSlots;
  private readonly runner: JobRunner;
  private readonly fetcher: JobFetcher;
  private readonly queue: SettledQueue;
  /** Those whose handler has not returned yet, or whose slot is not free yet. */
  private readonly runs = new JobRuns();
  private readonly overdueRuns: OverdueRuns;
  /** Jobs that may still come, and that nobody waits for any more. */
  private readonly cancelled = new CancelledJobs();
  private readonly unfinished: UnfinishedJobs;
  /** Jobs that the stop of this worker does not wait for, since they wait for it. */
  private readonly excused = new WeakSet<JobContext>();
  private isStopping = false;
  /** A run is over, or is not waited for any more. */
  private readonly runEnds = new Gate();
  /** Something was settled. */
  private readonly settlings = new Gate();
  /** The fetcher may have something to do. */
  private readonly room = new Gate();

  constructor(
    readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    private readonly settler: Settler,
    private readonly lease: WorkerLease,
  ) {
    const { connections, keys, options, workerId, log } = parts;
    const { queue } = handler;
    const { runtime } = connections;
    this.keys = keys.queue(queue);
    this.unfinished = new UnfinishedJobs({
      ...parts,
      queue,
      keys: this.keys,
      release: (place) => this.intake.release(place),
    });
    this.overdueRuns = new OverdueRuns(handler, this.runs, log, runtime);
    this.lostJobs = new LostJobs(queue, keys, () => connections.clock.now());
    const intakeOwner: IntakeOwner = {
      suspicionOf: (element) => suspicionOf(element, handler, connections.clock.now()),
      start: (place, element) => parts.scope.runInAsyncScope(this.startJob, this, place, element),
      onNotStarted: (place, element, error) => this.notStarted(place, element, error),
      giveBack: (places) => this.unfinished.giveBack(places),
      onRoom: () => this.wakeFetcher(),
      runningPlaces: () => [...this.runs].flatMap((run) => (run.isReleased ? [] : [run.place])),
      onWantsNone: () => void this.fetcher.interrupt(),
    };
    this.intake = new Intake(this.keys, workerId, handler.concurrency, intakeOwner, runtime);
    this.staleSlots = new StaleSlots(connections, this.intake);
    this.runner = new JobRunner({
      handler,
      options,
      log,
      time: connections,
      openStream: (run, onLost) => this.openStream(run, onLost),
      onAnswer: (run, text) => this.settle(run, text),
      onEnded: (run) => this.ended(run),
    });
    this.queue = {
      name: queue,
      requests: this.keys.requests,
      wantsJobs: () => this.takesWhenSettling && !this.fetcher.isFetching && this.intake.room > 0,
      waitsNext: () => this.fetcher.waitsNext && this.intake.room > 0,
      settleAndWait: (input) => {
        const settled = this.fetcher.settleAndWait(input);
        this.wakeFetcher();
        return settled;
      },
      takes: (most) => (this.takesWhenSettling ? this.intake.takes(most) : []),
      onTaken: (take, jobs) => {
        this.fetcher.arrivals.taken(jobs.length, take.most);
        this.intake.arrived(take, jobs, connections.commands.identity?.server);
      },
      onUnanswered: (take) => void this.readUnanswered(take),
      onReleased: (outcome) => this.released(outcome),
      onSettled: () => {
        this.wakeFetcher();
        this.settlings.wake();
      },
    };
    this.fetcher = new JobFetcher(connections, queue, this.keys, log, {
      hasRoom: () => this.hasRoom(),
      take: (most) => this.intake.take(most),
      onTaken: (take, jobs) => this.intake.arrived(take, jobs, this.identity?.server),
      onUnanswered: (take) => this.intake.unanswered(take),
      onConnected: () => this.connected(),
    });
  }

  /** How many jobs it runs now. */
  get busy(): number {
    return this.intake.running;
  }

  /** What Redis refuses, so that it takes no jobs; `undefined` while it does. */
  get refusal(): string | undefined {
    return this.fetcher.refusal;
  }

  /** The keys it has for jobs. */
  get slotKeys(): readonly string[] {
    const { slotCount } = this.intake;
    return Array.from({ length: slotCount }, (_, slot) =>
      this.keys.active(this.parts.workerId, slot),
    );
  }

  start(): void {
    this.overdueRuns.watch();
    this.fetcher.start();
  }

  /** The connection that takes its jobs. */
  get identity(): LineIdentity | undefined {
    return this.fetcher.identity;
  }

  /** Resolves when no job will be started until {@link resume}; those that run go on. */
  async pause(): Promise<void> {
    const closed = this.intake.close();
    await this.fetcher.pause();
    await closed;
  }

  resume(): void {
    this.intake.open();
    this.fetcher.resume();
    this.wakeFetcher();
  }

  /**
   * Takes no more jobs, waits for those that run, and returns what is left to the head of the queue.
   * @param outOfTime - aborts when the running jobs have had their time.
   * @returns whether no job can come into its slots any more.
   */
  async stop(outOfTime: AbortSignal): Promise<boolean> {
    this.isStopping = true;
    this.unfinished.stop();
    void this.intake.close();
    this.wakeFetcher();
    const { unconfirmed, isOver } = await this.fetcher.stop(outOfTime);
    if (unconfirmed) {
      await this.unfinished.giveBack(unconfirmed.slot.fill(unconfirmed.most));
      this.intake.forget(unconfirmed);
    }
    await this.idle(outOfTime);
    await this.interruptRuns();
    this.overdueRuns.stop();
    await Promise.race([this.intake.close(), lastWord(this.parts.connections.runtime)]);
    return isOver;
  }

  /**
   * A running job stops this worker, and most likely waits for it: it gets little time to return, and then it stays in its slot,
   * where it can still be settled, or is found by others and counts as lost.
   */
  excuse(job: JobContext): void {
    const time = Math.min(LAST_WORD_MS, this.parts.options.shutdownTimeout);
    // Whether it is one of its own jobs shows later: its handler may not have got further than to this call.
    this.parts.connections.runtime.setTimeout(() => {
      this.excused.add(job);
      this.runEnds.wake();
    }, time);
  }

  /** Whether it has stopped, or stops, without waiting for some of its jobs. */
  get isExcusing(): boolean {
    return [...this.runs].some((run) => this.isExcused(run));
  }

  /** Resolves when the last run is over, one that a stop does not wait for as well. */
  async over(): Promise<void> {
    await this.runEnds.until(() => this.runs.size === 0);
  }

  /** Nobody waits for these jobs any more. */
  cancel(ids: readonly string[]): void {
    const unmet = new Set<string | number>(ids);
    const met = [...this.runs].filter(({ job }) => unmet.has(job.id));
    for (const run of met) {
      unmet.delete(run.job.id);
      const reason = `The caller of ${nameOfJob(run.context)} has cancelled it`;
      this.runner.cancel(run, new DOMException(reason, 'AbortError'));
    }
    for (const id of unmet) {
      this.cancelled.add(id);
    }
  }

  /** Whether the next jobs are taken in the step that settles others. */
  private get takesWhenSettling(): boolean {
    return this.lease.isUpToDate() && this.staleSlots.areRead;
  }

  /** The fetcher has a new connection. */
  private async connected(): Promise<void> {
    await this.staleSlots.read();
    await this.lease.renew();
  }

  /** Resolves when the fetcher has something to do that nobody does for it, or has to stop. */
  private async hasRoom(): Promise<void> {
    const isFetchedFor = (): boolean => this.settler.isAsking(this.queue) && this.takesWhenSettling;
    await this.room.until(
      () => this.isStopping || this.fetcher.isFetching || (this.intake.room > 0 && !isFetchedFor()),
    );
  }

  private wakeFetcher(): void {
    this.room.wake();
  }

  private startJob(place: JobPlace, element: string): void {
    if (element === '') {
      this.parts.log.repeated(
        `empty job: ${this.handler.queue}`,
        'warn',
        `Queue "${this.handler.queue}" held an empty text instead of a job, which is dropped`,
      );
      void this.unfinished.bury(place, { reason: 'unreadable', message: 'an empty text' });
      return;
    }
    const job = decodeJob(element);
    if (job.version === 0) {
      this.parts.log.repeated(
        `unreadable job: ${this.handler.queue}`,
        'error',
        `A job in queue "${this.handler.queue}" cannot be read and goes to "${this.keys.dead}": ${job.reason}`,
      );
      void this.unfinished.bury(place, { reason: 'unreadable', message: job.reason });
    } else if (this.isInVain(job)) {
      this.settler.add(this.queue, { place });
    } else if (job.redeliveries > 0 && hasSentValues(element)) {
      void this.unfinished.bury(place, this.lostJobs.brokenStream(job));
    } else if (job.redeliveries >= mostDeliveries(job, this.handler)) {
      void this.unfinished.bury(place, this.lostJobs.outOfDeliveries(job, job.redeliveries));
    } else {
      this.intake.began();
      this.run(job, place);
    }
  }

  private run(job: Job, place: JobPlace): void {
    let run: JobRun;
    try {
      run = this.runner.run(job, place);
    } catch (error) {
      this.intake.ended(place, 0);
      throw error;
    }
    this.runs.add(run);
  }

  /** Answers a job that could not be started as one whose handler threw: it must not hold its place for ever. */
  private notStarted(place: JobPlace, element: string, error: unknown): void {
    const { queue } = this.handler;
    const text = `A job of queue "${queue}" could not be started: ${messageOf(error)}`;
    this.parts.log.repeated(`not started: ${queue}`, 'error', text, stackOf(error));
    const job = decodeJob(element);
    const reply =
      job.version === 2 && job.replyTo !== undefined
        ? {
            list: this.parts.keys.replies(job.replyTo),
            frame: encodeError(job.id, toErrorForm(new Error(text))),
            deadline: job.deadline,
          }
        : undefined;
    this.settler.add(this.queue, { place, reply });
  }

  private isInVain({ id, deadline }: Job): boolean {
    const { clock } = this.parts.connections;
    return (deadline !== undefined && deadline <= clock.now()) || this.cancelled.take(id);
  }

  private openStream(
    { job, place, context }: JobRun,
    onLost: (reason: Error, isTaken: boolean) => void,
  ): ReplyStream {
    const { connections, log } = this.parts;
    const target = {
      queue: this.handler.queue,
      id: job.id,
      attempt: context.attempt,
      place,
      list: this.replyList(job),
      ttl: () => replyTtl(connections.clock.now(), job.deadline),
    };
    return new ReplyStream(target, connections, log, onLost);
  }

  private settle(run: JobRun, text: string | undefined): void {
    const { job } = run;
    if (text !== undefined) {
      // The bytes of a long one cost the garbage collector less than its text while it waits.
      const frame = argumentOf(text);
      run.reply = { list: this.replyList(job), frame, deadline: job.deadline };
    }
    this.settler.add(this.queue, run);
  }

  private replyList({ id, replyTo }: Job): string {
    return replyTo === undefined ? this.keys.originalReply(id) : this.parts.keys.replies(replyTo);
  }

  private async readUnanswered(take: Take): Promise<void> {
    this.intake.unanswered(take);
    const jobs = await this.settler.unansweredTakes.read(take, this.handler.queue);
    if (jobs) {
      this.intake.arrived(take, jobs);
      // It may have brought none, and nothing else tells the fetcher that there is room again.
      this.wakeFetcher();
    }
  }

  /** Redis has confirmed that the job has left its slot. */
  private released(outcome: Outcome): void {
    if (outcome instanceof JobRun) {
      outcome.isReleased = true;
      this.forgetIfOver(outcome);
    }
    this.intake.release(outcome.place);
  }

  private ended(run: JobRun): void {
    this.forgetIfOver(run);
    this.intake.ended(run.place, this.parts.connections.runtime.now() - run.startedAt);
  }

  /** A run is over once its job has left its slot, and its handler has really returned. */
  private forgetIfOver(run: JobRun): void {
    if (run.isReleased && run.hasEnded) {
      this.runs.delete(run);
      this.runEnds.wake();
    }
  }

  /** Ends what still runs: gives its jobs back, or tells their callers where they may not be run again. */
  private async interruptRuns(): Promise<void> {
    const unfinished = [...this.runs].filter((run) => !run.isReleased && !this.isExcused(run));
    const again = unfinished.filter((run) => this.runner.interrupt(run, shutdownOf(run)));
    const isOnce = ({ job }: JobRun): boolean => mostDeliveries(job, this.handler) === 1;
    const told = unfinished.filter((run) => !again.includes(run));
    this.reportCutOff(unfinished.length, again.filter(isOnce).length);
    const emptied = [
      ...again
        .filter(isOnce)
        .map((run) =>
          this.unfinished.bury(
            run.place,
            this.lostJobs.outOfDeliveries(run.job, run.context.attempt),
          ),
        ),
      this.unfinished.giveBack(again.filter((run) => !isOnce(run)).map(({ place }) => place)),
      this.settled(told),
    ];
    await Promise.race([Promise.all(emptied), lastWord(this.parts.connections.runtime)]);
  }

  private reportCutOff(count: number, dead: number): void {
    if (count > 0) {
      const { name, queue } = this.handler;
      const where =
        dead > 0 ? ` (${dead} that must not be started again to "${this.keys.dead}")` : '';
      this.parts.log.warn(
        `${count} jobs of queue "${queue}" did not end within the shutdownTimeout, ` +
          `${this.parts.options.shutdownTimeout} ms, and are taken from ${name}: they go back to the queue${where}, ` +
          `and streams end with an error. Hand job.signal on, or raise shutdownTimeout.`,
      );
    }
  }

  /** Resolves when nothing waits to be settled, these runs neither. */
  private async settled(runs: readonly JobRun[]): Promise<void> {
    await this.settlings.until(
      () => !this.settler.isSettling(this.queue) && runs.every((run) => run.isReleased),
    );
  }

  /** Resolves when all runs are over, or have had their time. */
  private async idle(outOfTime: AbortSignal): Promise<void> {
    const onAbort = (): void => this.runEnds.wake();
    outOfTime.addEventListener('abort', onAbort);
    await this.runEnds.until(() => this.isIdle || outOfTime.aborted);
    outOfTime.removeEventListener('abort', onAbort);
  }

  private get isIdle(): boolean {
    return [...this.runs].every((run) => this.isExcused(run));
  }

  /** One that has returned is waited for: its reply is on its way. */
  private isExcused({ context, hasEnded }: JobRun): boolean {
    return this.excused.has(context) && !hasEnded;
  }
}

const shutdownOf = ({ context }: JobRun): DOMException =>
  new DOMException(
    `The worker is shutting down, and ${nameOfJob(context)} has not ended in its time`,
    'AbortError',
  );
