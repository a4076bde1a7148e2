import { setTimeout as delay } from 'node:timers/promises';
import { decodeJob, type Job } from '../protocol/job-element.js';
import type { QueueKeys } from '../protocol/keys.js';
import { replyTtl } from '../protocol/reply-ttl.js';
import { buryJob } from '../protocol/scripts/bury-job.js';
import { giveBackJobs } from '../protocol/scripts/give-back-jobs.js';
import type { ConnectionIdentity } from '../redis/connection.js';
import { JobFetcher } from './job-fetcher.js';
import { JobRunner, type Run } from './job-runner.js';
import { Settler, type OutcomeReply } from './settler.js';
import { Slots, type Slot } from './slots.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** How long a stopping worker waits for Redis, ms. */
const LAST_WORD = 500;

/** Answers the jobs of one queue: takes them into slots, runs them, and settles each. */
export class ReplyWorker {
  private readonly keys: QueueKeys;
  private readonly slots: Slots;
  private readonly runner: JobRunner;
  private readonly settler: Settler;
  private readonly fetcher: JobFetcher;
  /** The jobs that hold a slot, until Redis confirms its release. */
  private readonly running = new Map<Slot, Run>();
  /** Slots whose jobs arrived when it was stopping already. */
  private unstarted: Slot[] = [];
  private isStopping = false;
  private onIdle: (() => void) | undefined;

  constructor(
    readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    onConnected: () => Promise<void>,
  ) {
    const { connections, keys, options, workerId, log } = parts;
    const { queue, concurrency } = handler;
    this.keys = keys.queue(queue);
    this.slots = new Slots(this.keys, workerId, concurrency);
    this.runner = new JobRunner(handler, options, () => connections.clock.now(), log);
    this.settler = new Settler(
      connections,
      log,
      (slot) => void this.release(slot),
      (count) =>
        log.warn(
          `Redis no longer held ${count} jobs of queue "${queue}" when ${handler.name} had run them: ` +
            `another worker has taken them over and answers them, or the server lost them`,
        ),
    );
    this.fetcher = new JobFetcher(
      connections,
      queue,
      this.keys,
      this.slots,
      log,
      (slot, element) => this.accept(slot, element),
      onConnected,
    );
  }

  /** How many jobs it runs now. */
  get busy(): number {
    return this.running.size;
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
    await this.fetcher.pause();
  }

  resume(): void {
    this.fetcher.resume();
  }

  /**
   * Takes no more jobs, waits for those that run, and returns what is left to the head of the queue.
   * @param outOfTime - aborts when the running jobs have had their time.
   */
  async stop(outOfTime: AbortSignal): Promise<void> {
    this.isStopping = true;
    const unconfirmed = await this.fetcher.stop(outOfTime);
    await this.giveBack([...unconfirmed, ...this.unstarted]);
    await this.idle(outOfTime);
    for (const { context } of this.running.values()) {
      context.abort(new DOMException('The worker is shutting down', 'AbortError'));
    }
    await this.giveBack([...this.running.keys()]);
  }

  private accept(slot: Slot, element: string): void {
    if (this.isStopping) {
      this.unstarted.push(slot);
      return;
    }
    const job = decodeJob(element);
    if (job.version === 0) {
      void this.bury(slot, job.reason);
    } else if (job.deadline !== undefined && job.deadline <= this.parts.connections.clock.now()) {
      this.settler.add({ slot });
    } else {
      void this.run(slot, job);
    }
  }

  private async run(slot: Slot, job: Job): Promise<void> {
    const run = this.runner.run(job);
    this.running.set(slot, run);
    const text = await run.reply.catch((error: Error) => {
      // No reply is better than no worker: the caller ends with a timeout.
      this.parts.log.error(`Job ${job.id} could not be answered: ${error.message}`, error.stack);
      return undefined;
    });
    this.settler.add({
      slot,
      reply: text === undefined ? undefined : { ...this.address(job), text },
    });
  }

  /** Where the reply to a job goes, and how long it may lie there. */
  private address(job: Job): Pick<OutcomeReply, 'list' | 'ttl'> {
    const { keys, connections } = this.parts;
    return {
      list: job.replyTo === undefined ? this.keys.originalReply(job.id) : keys.replies(job.replyTo),
      ttl: replyTtl(connections.clock.now(), job.deadline),
    };
  }

  /** Its key is free; the slot is, too, once the handler has really returned. */
  private async release(slot: Slot): Promise<void> {
    await this.running.get(slot)?.ended;
    this.running.delete(slot);
    this.slots.release(slot);
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
        () => this.slots.release(slot),
        // The slot keeps it, and whoever sweeps this worker finds it there.
        (error: Error) => log.error(`It could not be moved there: ${error.message}`),
      );
  }

  private async giveBack(slots: readonly Slot[]): Promise<void> {
    const { connections, log } = this.parts;
    if (slots.length === 0 || !connections.isReady) {
      return;
    }
    const given = connections.commands
      .run(giveBackJobs, {
        requests: this.keys.requests,
        slots: slots.map(({ key }) => key),
      })
      .catch((error: Error) => {
        log.warn(
          `Unfinished jobs of queue "${this.handler.queue}" could not be returned (${error.message}); ` +
            `another worker takes them over when the lease has run out`,
        );
      });
    await Promise.race([given, delay(LAST_WORD)]);
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
