import { setTimeout as delay } from 'node:timers/promises';
import { decodeJob, type Job } from '../protocol/job-element.js';
import type { QueueKeys } from '../protocol/keys.js';
import { replyTtl } from '../protocol/reply-ttl.js';
import { buryJob } from '../protocol/scripts/bury-job.js';
import { giveBackJobs } from '../protocol/scripts/give-back-jobs.js';
import type { ConnectionIdentity } from '../redis/connection.js';
import { Intake } from './intake.js';
import { JobFetcher } from './job-fetcher.js';
import type { JobRun } from './job-run.js';
import { JobRunner } from './job-runner.js';
import { CancelledJobs } from './cancelled-jobs.js';
import { ReplyStream } from './reply-stream.js';
import { Settler, type OutcomeReply } from './settler.js';
import type { Slot } from './slots.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** Jobs that are taken at most in the step that settles others: Lua's stack takes about 8 000 values. */
const MOST_NEXT = 500;

/** How long a stopping worker waits for Redis, ms. */
const LAST_WORD = 500;

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
  private readonly intake: Intake;
  private readonly runner: JobRunner;
  private readonly settler: Settler;
  private readonly fetcher: JobFetcher;
  /** The jobs that hold a slot, until Redis confirms its release. */
  private readonly running = new Map<Slot, JobRun>();
  /** Jobs that may still come, and that nobody waits for any more. */
  private readonly cancelled = new CancelledJobs();
  private isStopping = false;
  private onIdle: (() => void) | undefined;
  private onRoom: (() => void) | undefined;

  constructor(
    readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    private readonly lease: WorkerLease,
  ) {
    const { connections, keys, options, workerId, log } = parts;
    const { queue } = handler;
    this.keys = keys.queue(queue);
    this.intake = new Intake(this.keys, workerId, handler.concurrency, {
      start: (slot, element) => this.startJob(slot, element),
      giveBack: (slots) => this.giveBack(slots),
      onRoom: () => this.wakeFetcher(),
    });
    this.runner = new JobRunner({
      handler,
      options,
      log,
      serverNow: () => connections.clock.now(),
      openStream: (run, onLost) => this.openStream(run, onLost),
      onAnswer: (run, text) => this.settle(run, text),
      onEnded: (run) => this.ended(run),
    });
    this.settler = new Settler(connections, log, {
      requests: this.keys.requests,
      nextSlots: () => (this.takesWhenSettling ? this.intake.nextSlots(MOST_NEXT) : []),
      onNext: (slots, elements) => this.tookWhenSettling(slots, elements),
      onReleased: (slot) => this.released(slot),
      onTaken: (count) =>
        log.warn(
          `Redis no longer held ${count} jobs of queue "${queue}" when ${handler.name} had run them: ` +
            `another worker has taken them over and answers them, or the server lost them`,
        ),
      onIdle: () => this.wakeFetcher(),
    });
    this.fetcher = new JobFetcher(connections, queue, this.keys, log, {
      hasRoom: () => this.hasRoom(),
      nextSlots: (most) => this.intake.nextSlots(most),
      onNext: (slot, element) => this.intake.arrived(slot, element),
      onConnected: () => this.lease.renew(),
    });
  }

  /** How many jobs it runs now. */
  get busy(): number {
    return this.running.size;
  }

  /** How many keys it has for jobs. */
  get slotCount(): number {
    return this.intake.slotCount;
  }

  start(): void {
    this.fetcher.start();
  }

  /** The connection that takes its jobs. */
  get identity(): ConnectionIdentity | undefined {
    return this.fetcher.identity;
  }

  /** Resolves when no job will be started until {@link resume}; those that run go on. */
  async pause(): Promise<void> {
    void this.intake.close();
    await this.fetcher.pause();
  }

  resume(): void {
    this.intake.open();
    this.fetcher.resume();
    this.wakeFetcher();
  }

  /**
   * Takes no more jobs, waits for those that run, and returns what is left to the head of the queue.
   * @param outOfTime - aborts when the running jobs have had their time.
   */
  async stop(outOfTime: AbortSignal): Promise<void> {
    this.isStopping = true;
    const closed = this.intake.close();
    this.wakeFetcher();
    const unconfirmed = await this.fetcher.stop(outOfTime);
    await Promise.all([closed, this.giveBack(unconfirmed)]);
    await this.idle(outOfTime);
    const unfinished = [...this.running.values()].filter((run) => !run.isAnswered);
    for (const run of unfinished) {
      this.runner.interrupt(run, new DOMException('The worker is shutting down', 'AbortError'));
    }
    const begun = unfinished.filter(({ stream }) => stream && stream.count > 0);
    const released = begun.map(
      (run) =>
        new Promise<void>((resolve) => {
          run.onReleased = resolve;
        }),
    );
    await this.giveBack(unfinished.filter((run) => !begun.includes(run)).map(({ slot }) => slot));
    if (begun.length > 0) {
      await Promise.race([Promise.all(released), delay(LAST_WORD)]);
    }
  }

  /** Nobody waits for these jobs any more. */
  cancel(ids: readonly string[]): void {
    const running = new Map([...this.running.values()].map((run) => [run.job.id, run]));
    for (const id of ids) {
      const run = running.get(id);
      if (run) {
        this.runner.cancel(run, new DOMException('The caller has cancelled the job', 'AbortError'));
      } else {
        this.cancelled.add(id);
      }
    }
  }

  /** Whether the next jobs are taken in the step that settles others. */
  private get takesWhenSettling(): boolean {
    return this.lease.isUpToDate();
  }

  private tookWhenSettling(slots: readonly Slot[], elements: readonly string[]): void {
    if (slots.length > 0) {
      this.fetcher.areMore = elements.length === slots.length;
      slots.forEach((slot, index) => this.intake.arrived(slot, elements[index]));
    }
  }

  /** Resolves when the fetcher has something to do, or is to look whether it has to stop. */
  private async hasRoom(): Promise<void> {
    const isSettling = !this.settler.isIdle && this.takesWhenSettling;
    if (this.isStopping || (this.intake.room > 0 && !isSettling)) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
    });
  }

  private wakeFetcher(): void {
    this.onRoom?.();
    this.onRoom = undefined;
  }

  private startJob(slot: Slot, element: string): void {
    const job = decodeJob(element);
    if (job.version === 0) {
      void this.bury(slot, job.reason);
    } else if (this.isInVain(job)) {
      this.settler.add({ slot });
    } else {
      this.intake.began();
      const run = this.runner.run(job, slot);
      this.running.set(slot, run);
    }
  }

  private isInVain({ id, deadline }: Job): boolean {
    const { clock } = this.parts.connections;
    return (deadline !== undefined && deadline <= clock.now()) || this.cancelled.take(id);
  }

  private openStream({ job, slot, context }: JobRun, onLost: (reason: Error) => void): ReplyStream {
    const { connections } = this.parts;
    const target = {
      id: job.id,
      attempt: context.attempt,
      slot: slot.key,
      list: this.replyList(job),
      ttl: () => replyTtl(connections.clock.now(), job.deadline),
    };
    return new ReplyStream(target, connections, onLost);
  }

  private settle({ job, slot }: JobRun, text: string | undefined): void {
    this.settler.add({ slot, reply: text === undefined ? undefined : this.replyTo(job, text) });
  }

  private replyTo(job: Job, text: string): OutcomeReply {
    const now = this.parts.connections.clock.now();
    return { list: this.replyList(job), text, ttl: replyTtl(now, job.deadline) };
  }

  private replyList({ id, replyTo }: Job): string {
    return replyTo === undefined ? this.keys.originalReply(id) : this.parts.keys.replies(replyTo);
  }

  /** Redis has confirmed that the slot's key is free. */
  private released(slot: Slot): void {
    this.intake.release(slot);
    const run = this.running.get(slot);
    if (run) {
      run.isReleased = true;
      run.onReleased?.();
      this.forgetIfOver(run);
    }
  }

  private ended(run: JobRun): void {
    this.forgetIfOver(run);
    this.intake.ended(performance.now() - run.startedAt);
  }

  /** A run is over once its slot is free, and its handler has really returned. */
  private forgetIfOver({ slot, isReleased, hasEnded }: JobRun): void {
    if (!isReleased || !hasEnded) {
      return;
    }
    this.running.delete(slot);
    if (this.running.size === 0) {
      this.onIdle?.();
    }
  }

  private async bury(slot: Slot, message: string): Promise<void> {
    const { connections, workerId, log } = this.parts;
    const { queue } = this.handler;
    log.error(
      `A job in queue "${queue}" cannot be read and goes to "${this.keys.dead}": ${message}`,
    );
    await connections
      .runUntilAnswered(buryJob, {
        slot: slot.key,
        dead: this.keys.dead,
        reason: 'unreadable',
        message,
        workerId,
      })
      .then(
        () => this.intake.release(slot),
        // The slot keeps it, and whoever sweeps this worker finds it there.
        (error: Error) => log.error(`It could not be moved there: ${error.message}`),
      );
  }

  private async giveBack(slots: readonly Slot[]): Promise<void> {
    if (slots.length === 0) {
      return;
    }
    const { connections, log } = this.parts;
    const jobs = { requests: this.keys.requests, slots: slots.map(({ key }) => key) };
    const given = connections.runUntilAnswered(giveBackJobs, jobs).then(
      () => slots.forEach((slot) => this.intake.release(slot)),
      (error: Error) => {
        log.warn(
          `Unfinished jobs of queue "${this.handler.queue}" could not be returned (${error.message}); ` +
            `another worker takes them over when the lease has run out`,
        );
      },
    );
    await (this.isStopping ? Promise.race([given, delay(LAST_WORD)]) : given);
  }

  private async idle(outOfTime: AbortSignal): Promise<void> {
    if (this.running.size === 0 || outOfTime.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      outOfTime.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
