import { decodeJob, hasSentValues } from '../../protocol/wire/job-element.js';
import {
  recoverWorker,
  type FoundJob,
  type FoundSlot,
  type RecoveryResult,
} from '../../protocol/operations/recover-worker.js';
import type { QueueKeys } from '../../protocol/keys.js';
import { explainRefusal, isRefusal } from '../../driver/refusal.js';
import { counted } from '../../errors/counted.js';
import { MAX_SLOTS, type LapsedWorker } from './lapsed-worker.js';
import { boundsOf, reportDropped } from '../taking/dropped-letters.js';
import { LostJobs, maxDeliveriesOf } from '../taking/lost-jobs.js';
import {
  digestOf,
  SlotParts,
  type FilledSlot,
  type SlotPart,
  type SlotRange,
} from './slot-parts.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import { countKeys } from '../../protocol/operations/keys.js';
import { listLength, readListBytes } from '../../protocol/operations/lists.js';

/** Slots that are looked at in one command. */
const SLOTS_PER_CALL = 1_000;

/** A job of a lost worker, with its id if it can be read. */
interface RecoveredJob extends FoundJob {
  readonly id?: string | number;
}

interface RecoveredSlot extends FoundSlot {
  readonly jobs: readonly RecoveredJob[];
}

/** Number of jobs of a lost worker that were recovered. */
interface Recovered {
  readonly givenBack: number;
  readonly deadLetters: number;
}

/** Recovers the jobs of lost workers of one queue, part by part. */
export class JobRecovery {
  private readonly keys: QueueKeys;
  private readonly lostJobs: LostJobs;

  constructor(
    private readonly handler: JobHandler,
    private readonly parts: WorkerParts,
  ) {
    this.keys = parts.shard.keys.queue(handler.queue);
    this.lostJobs = new LostJobs(handler.queue, parts.shard.keys, parts.shard.driver.clock);
  }

  /**
   * Recovers the jobs of one worker. Stops where the worker turns out to be alive, or another worker recovers the same jobs: the
   * next sweep finds the rest.
   * @param forget - whether the worker cannot use its slots any more, so that its record may be removed.
   */
  async recoverJobs(worker: LapsedWorker, forget: boolean): Promise<void> {
    const { filled, areAll } = await this.filledSlots(worker);
    const recovered = { givenBack: 0, deadLetters: 0 };
    try {
      const parts = new SlotParts(filled);
      for (let ranges = parts.next(); ranges.length > 0; ranges = parts.next()) {
        const slots = parts.take(await this.read(ranges)).map((part) => this.toFoundSlot(part));
        const { outcome, dropped } = await this.recoverSlots(worker, slots, false);
        if (outcome !== 'recovered') {
          return;
        }
        reportDropped(this.parts.log, this.handler.queue, this.parts.options, dropped);
        for (const { dead, id } of slots.flatMap(({ jobs }) => jobs)) {
          recovered[dead ? 'deadLetters' : 'givenBack']++;
          if (dead) {
            const { queue } = this.handler;
            const { reason, message } = dead;
            this.parts.hooks.tell({ type: 'job dead', queue, id, reason, message });
          }
        }
      }
      if (forget && areAll) {
        await this.recoverSlots(worker, [], true);
      }
    } finally {
      this.report(worker, recovered);
    }
  }

  /** @returns the slots that hold jobs, and whether all slots can be read. */
  private async filledSlots(
    worker: LapsedWorker,
  ): Promise<{ filled: FilledSlot[]; areAll: boolean }> {
    const { commands } = this.parts.shard.driver;
    const count = worker.slots ?? this.assumeMaxSlots(worker);
    const filled: FilledSlot[] = [];
    let areAll = true;
    for (let first = 0; first < count; first += SLOTS_PER_CALL) {
      const length = Math.min(SLOTS_PER_CALL, count - first);
      const keys = Array.from({ length }, (_, index) => this.keys.active(worker.id, first + index));
      if ((await commands.run(countKeys, keys)) > 0) {
        const lengths = await commands.settled((run) => keys.map((key) => run(listLength, key)));
        keys.forEach((key, index) => {
          const result = lengths[index];
          if (result?.status === 'fulfilled') {
            filled.push({ key, length: result.value });
          } else {
            this.reportUnreadableSlot(key, result?.reason);
            areAll = false;
          }
        });
      }
    }
    return { filled: filled.filter((slot) => slot.length > 0), areAll };
  }

  /** Warns that the number of slots is unknown. @returns the most slots that a worker can have. */
  private assumeMaxSlots({ id, name }: LapsedWorker): number {
    this.parts.log.repeated(
      `slots unknown: ${this.handler.queue}`,
      'warn',
      `Worker ${name} of queue "${this.handler.queue}" is lost, and field "slots" of "${this.keys.worker(id)}" is not a ` +
        `number from 1 to ${MAX_SLOTS}; looking for its jobs in ${MAX_SLOTS} slots`,
    );
    return MAX_SLOTS;
  }

  private async read(ranges: readonly SlotRange[]): Promise<SlotPart[]> {
    const contents = await this.parts.shard.driver.commands.all((run) =>
      ranges.map(({ key, from }) => run(readListBytes, { list: key, first: from, last: -1 })),
    );
    return ranges.map((range, index) => ({ ...range, elements: contents[index] ?? [] }));
  }

  private toFoundSlot({ key, from, elements }: SlotPart): RecoveredSlot {
    const jobs = elements.flatMap((element, index) =>
      // The places of jobs that were settled before are empty.
      element.length === 0 ? [] : [{ position: from + index, ...this.decide(element.toString()) }],
    );
    return { key, from, digest: digestOf(elements), jobs };
  }

  /** Decides whether a job is given back to its queue or becomes a dead letter. */
  private decide(element: string): Omit<RecoveredJob, 'position'> {
    const job = decodeJob(element);
    if (job.version === 0) {
      return { dead: { reason: 'unreadable', message: job.reason } };
    }
    const { id } = job;
    if (hasSentValues(element)) {
      const dead = this.lostJobs.brokenStream(job);
      return { id, dead, reply: dead.reply };
    }
    const deliveries = job.redeliveries + 1;
    if (deliveries < maxDeliveriesOf(job, this.handler)) {
      return { id };
    }
    const dead = this.lostJobs.outOfDeliveries(job, deliveries);
    return { id, dead, reply: dead.reply };
  }

  private recoverSlots(
    { id }: LapsedWorker,
    slots: readonly FoundSlot[],
    forget: boolean,
  ): Promise<RecoveryResult> {
    return this.parts.shard.driver.commands.run(recoverWorker, {
      requests: this.keys.requests,
      workers: this.keys.workers,
      dead: this.keys.deadLetters,
      bounds: boundsOf(this.parts.options),
      worker: this.keys.worker(id),
      totals: this.keys.totals,
      workerId: id,
      forget,
      slots,
    });
  }

  private report({ name }: LapsedWorker, { givenBack, deadLetters }: Recovered): void {
    if (givenBack + deadLetters > 0) {
      const { queue } = this.handler;
      this.parts.hooks.tell({
        type: 'worker lost',
        queue,
        worker: name,
        givenBack,
        dead: deadLetters,
      });
      this.parts.log.repeated(
        `worker lost: ${this.handler.queue}`,
        'warn',
        `Worker ${name} of queue "${this.handler.queue}" is lost: ` +
          `${counted(givenBack, 'job')} given back to the queue, ${deadLetters} moved to its dead letters`,
      );
    }
  }

  /** Logs that a slot cannot be read. @throws an error that is not a refusal. */
  private reportUnreadableSlot(key: string, error: unknown): void {
    if (!isRefusal(error)) {
      throw error;
    }
    this.parts.log.repeated(
      `slot refused: ${this.handler.queue}`,
      'error',
      `Cannot recover the jobs of a lost worker of queue "${this.handler.queue}" from "${key}" (${explainRefusal(error)}); ` +
        `delete the key if it is not a list`,
    );
  }
}
