import { AsyncResource } from 'node:async_hooks';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { listLength } from '../../../lib/protocol/operations/lists.js';
import { pushValues, type PushValues } from '../../../lib/protocol/operations/push-values.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../../lib/protocol/operations/settle-jobs.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { decodeFrame, type ReplyFrame } from '../../../lib/protocol/wire/reply-frame.js';
import { ReplyWorker } from '../../../lib/worker/reply-worker.js';
import { Settler } from '../../../lib/worker/settling/settler.js';
import type { JobHandler, WorkerOptions } from '../../../lib/worker/worker-options.js';
import { FakeDriver } from '../../support/fake-driver.js';
import type { FakeCall } from '../../support/fake-line.js';
import { KeptLog } from './kept-log.js';
import { unheard } from './silent-hooks.js';
import { KeptRuns } from './kept-runs.js';
import { watched, type Watched } from './watched.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

export const QUEUE = 'reports';

/** The `shutdownTimeout` of a worker under test, ms. */
export const SHUTDOWN_TIMEOUT_MS = 10_000;

interface Parts extends Partial<Omit<JobHandler, 'queue' | 'name'>> {
  readonly runWithin?: WorkerOptions['runWithin'];
}

/** A job as it is in its queue. @param meta - beside whom to reply to. */
export const job = (id: string | number, data: unknown = null, meta: object = {}): string =>
  JSON.stringify([id, data, { c: 'caller', ...meta }]);

/**
 * A worker of one queue on lines whose answers the test gives. It takes jobs from {@link arrive}, or as the answer of a settle;
 * its handler ends when {@link runs} are told to, unless the test brings another one.
 */
export class WorkerUnderTest {
  readonly driver = new FakeDriver();
  readonly log = new KeptLog(this.driver.runtime);
  readonly runs = new KeptRuns();
  readonly worker: ReplyWorker;
  /** Whom the lease has told others of. */
  renewals = 0;
  /** What happens during each renewal. */
  onRenewal: () => void = () => undefined;

  constructor({ runWithin, ...handler }: Parts = {}) {
    const { driver, log } = this;
    const lease = {
      renew: async () => {
        this.renewals++;
        this.onRenewal();
      },
      isUpToDate: () => true,
    };
    const options: WorkerOptions = {
      lease: 5_000,
      stallLimit: 60_000,
      shutdownTimeout: SHUTDOWN_TIMEOUT_MS,
      maxPayload: 100_000,
      exposeStack: false,
      ...NO_BOUNDS,
      runWithin,
    };
    const parts = {
      workerId: 'worker-1',
      shard: driver.shard(),
      options,
      log,
      ...unheard(log),
      scope: new AsyncResource('test'),
    };
    this.worker = new ReplyWorker(
      {
        queue: QUEUE,
        name: 'Test#run',
        concurrency: 1,
        timeout: 0,
        maxDeliveries: 3,
        deadLetterFailures: 'none',
        handle: this.runs.handle,
        ...handler,
      },
      parts,
      new Settler(driver, log, lease.renew),
      lease,
    );
  }

  /** @returns one that has started, and waits for jobs. */
  static async started(parts?: Parts): Promise<WorkerUnderTest> {
    const started = new WorkerUnderTest(parts);
    started.worker.start();
    await started.settle();
    return started;
  }

  get commands() {
    return this.driver.commands;
  }

  /** The line on which jobs are taken. */
  get line() {
    return this.driver.line(QUEUE);
  }

  /** Lets all go on that waits for neither time nor an answer. */
  settle(): Promise<void> {
    return this.driver.settle();
  }

  pass(ms: number): Promise<void> {
    return this.driver.runtime.advanceAsync(ms);
  }

  /** Jobs come that the worker waits for, as many together as it takes. */
  async arrive(...jobs: readonly string[]): Promise<void> {
    const left = [...jobs];
    while (left.length > 0 || this.isOpen(takeJobs)) {
      if (this.isOpen(takeJobs)) {
        const call = this.line.next(takeJobs);
        call.answer(left.splice(0, call.input.most));
      } else {
        this.line.next(waitForJob).answer(left.splice(0, 1));
      }
      await this.settle();
    }
  }

  /** The wait for a job ends without one. */
  async endWait(): Promise<void> {
    this.line.next(waitForJob).answer([]);
    await this.settle();
  }

  /** The oldest settle that waits for an answer. */
  get openSettle(): FakeCall<SettleJobs, SettledJobs> {
    const waits = this.driver.blockingLines.find(({ open }) =>
      open.some(({ name }) => name === settleJobs.name),
    );
    return (waits ?? this.commands).next(settleJobs);
  }

  /** All settles that were asked for, in their order, but those in one write with a wait. */
  get settles(): SettleJobs[] {
    return this.commands.inputsOf(settleJobs);
  }

  /** Confirms the oldest settle. @param next - the jobs that its first take has brought. */
  async confirmSettle(...next: string[]): Promise<void> {
    const { takes } = this.openSettle.input;
    this.openSettle.answer({ jobs: takes.map((_, index) => (index === 0 ? next : [])) });
    await this.settle();
  }

  /** Confirms all that takes jobs out of slots, from now on and at once. No settle brings other jobs. */
  confirmAll(): void {
    const { commands } = this;
    const settled = ({ takes }: SettleJobs): SettledJobs => ({ jobs: takes.map(() => []) });
    commands.always(settleJobs, settled);
    for (const line of this.driver.blockingLines) {
      line.always(settleJobs, settled);
      line.always(listLength, () => 0);
    }
    commands.always(giveBackJobs, ({ places }) => places.length);
    commands.always(moveToDeadLetters, () => ({ outcome: 'moved', dropped: 0 }));
    commands.always(pushValues, () => ({ length: 1, bytes: 100 }));
  }

  /** What callers are sent by the settles that were asked for, whatever came of these. */
  get replies(): (ReplyFrame | undefined)[] {
    return [...this.driver.blockingLines, this.commands]
      .flatMap((line) => line.inputsOf(settleJobs))
      .flatMap(({ groups }) => groups.flatMap(({ frames }) => frames))
      .map((frame) => decodeFrame(String(frame)));
  }

  /** The values of streams that were pushed, again where they were. */
  get values(): unknown[] {
    return this.commands
      .inputsOf(pushValues)
      .flatMap(({ frames }: PushValues) => frames)
      .map((frame) => (JSON.parse(frame) as unknown[])[2]);
  }

  /** The names of what waits for an answer. */
  get open(): string[] {
    return [...this.driver.blockingLines, this.commands].flatMap((line) =>
      line.open.map(({ name }) => name),
    );
  }

  /** Whether a call of an operation waits for an answer. */
  isOpen({ name }: { readonly name: string }): boolean {
    return this.open.includes(name);
  }

  /** Stops the worker as its session does. */
  stop(shutdownTimeout = SHUTDOWN_TIMEOUT_MS): Watched<boolean> {
    const outOfTime = new AbortController();
    this.driver.runtime.setTimeout(() => outOfTime.abort(), shutdownTimeout).unref();
    return watched(this.worker.stop(outOfTime.signal));
  }

  pause(): Watched<void> {
    return watched(this.worker.pause());
  }
}
