import { createHash } from 'node:crypto';
import { decodeJob, hasSentValues } from '../protocol/job-element.js';
import {
  recoverWorker,
  type FoundJob,
  type FoundSlot,
} from '../protocol/scripts/recover-worker.js';
import type { QueueKeys } from '../protocol/keys.js';
import {
  decodeIdentities,
  maySame,
  parseClient,
  type ConnectionIdentity,
} from '../redis/connection-identity.js';
import { isRefusal } from '../redis/refusal.js';
import { LostJobs, mostDeliveries } from './lost-jobs.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** A worker whose lease has lapsed, as its hash describes it. */
interface LapsedWorker {
  readonly id: string;
  readonly slots: number;
  readonly connections: readonly ConnectionIdentity[];
  /** How to name it in a log. */
  readonly name: string;
  /** How long ago its lease lapsed, ms. */
  readonly overdue: number;
}

/** Looks after the workers of one queue that gave no sign of life: takes their jobs back once they are lost. */
export class Recovery {
  private readonly keys: QueueKeys;
  private readonly lostJobs: LostJobs;
  private isRunning = false;

  /** @param warnOnce - says each text once only: a server that refuses something refuses it at every sweep. */
  constructor(
    private readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    private readonly warnOnce: (text: string) => void,
  ) {
    this.keys = parts.keys.queue(handler.queue);
    this.lostJobs = new LostJobs(handler.queue, parts.keys, () => parts.connections.clock.now());
  }

  /** @param workerIds - workers whose lease has lapsed. */
  async sweep(workerIds: readonly string[]): Promise<void> {
    if (this.isRunning || workerIds.length === 0) {
      return;
    }
    this.isRunning = true;
    try {
      for (const id of workerIds) {
        await this.examine(id);
      }
    } catch (error) {
      // What a lost connection interrupts, the next sweep finds again.
      if (isRefusal(error)) {
        this.warnOnce(
          `Lost workers of queue "${this.handler.queue}" cannot be looked after: ${error.message}`,
        );
      }
    } finally {
      this.isRunning = false;
    }
  }

  private async examine(id: string): Promise<void> {
    const { stallLimit, lease } = this.parts.options;
    const worker = await this.describe(id);
    if (!worker) {
      return;
    }
    const standing = await this.standing(worker);
    const isGone = standing?.length === 0;
    if (!isGone && worker.overdue < stallLimit - lease) {
      return;
    }
    // It may wake up, but until then it must not take more jobs into its slots.
    await this.cut(standing ?? []);
    await this.takeBack(worker, isGone);
  }

  private async describe(id: string): Promise<LapsedWorker | undefined> {
    const { commands, clock } = this.parts.connections;
    const [expiry, hash] = await commands.all((redis) => [
      redis.zscore(this.keys.workers, id),
      redis.hgetall(this.keys.worker(id)) as Promise<Partial<Record<string, string>>>,
    ]);
    if (expiry === null) {
      return undefined; // somebody else was faster
    }
    return {
      id,
      slots: Number(hash['slots'] ?? 0),
      connections: decodeIdentities(hash['connections'] ?? '', hash['server'] || undefined),
      name: `${id} (process ${hash['pid']} on ${hash['host']})`,
      overdue: clock.now() - Number(expiry),
    };
  }

  /** The connections of a worker that still stand; `undefined` where the server does not tell. */
  private async standing(worker: LapsedWorker): Promise<ConnectionIdentity[] | undefined> {
    const ids = worker.connections.map(({ id }) => id);
    if (ids.length === 0) {
      this.warnOfBlindness('CLIENT INFO');
      return undefined;
    }
    try {
      const list = await this.parts.connections.commands.send((redis) =>
        redis.call('CLIENT', 'LIST', 'ID', ...ids),
      );
      const { server } = this.parts.connections.commands;
      const known = String(list)
        .split('\n')
        .map((line) => parseClient(line, server?.runId));
      return worker.connections.filter((connection) =>
        known.some((client) => client !== undefined && maySame(client, connection)),
      );
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      this.warnOfBlindness('CLIENT LIST');
      return undefined;
    }
  }

  private warnOfBlindness(command: string): void {
    this.warnOnce(
      `Redis refuses ${command}, so that nobody knows which connections stand: a worker counts as lost after ` +
        `stallLimit, ${this.parts.options.stallLimit} ms, even if its process is gone. Allow it to be quicker.`,
    );
  }

  private async cut(connections: readonly ConnectionIdentity[]): Promise<void> {
    for (const identity of connections) {
      await this.parts.connections.commands.cut(identity).catch((error: Error) => {
        this.warnOnce(`The connections of a stalled worker cannot be cut: ${error.message}`);
      });
    }
  }

  private async takeBack(worker: LapsedWorker, forget: boolean): Promise<void> {
    const { connections, log } = this.parts;
    const slots = await this.readSlots(worker);
    const result = await connections.commands.run(recoverWorker, {
      requests: this.keys.requests,
      workers: this.keys.workers,
      dead: this.keys.dead,
      worker: this.keys.worker(worker.id),
      workerId: worker.id,
      forget,
      slots,
    });
    const jobs = slots.flatMap((slot) => slot.jobs);
    if (result === 'recovered' && jobs.length > 0) {
      const dead = jobs.filter((job) => job.dead).length;
      log.warn(
        `Worker ${worker.name} of queue "${this.handler.queue}" is lost: ` +
          `${jobs.length - dead} of its jobs go back to the queue, ${dead} to "${this.keys.dead}"`,
      );
    }
  }

  private async readSlots({ id, slots }: LapsedWorker): Promise<FoundSlot[]> {
    const keys = Array.from({ length: slots }, (_, slot) => this.keys.active(id, slot));
    const contents = await this.parts.connections.commands.all((redis) =>
      keys.map((key) => redis.lrangeBuffer(key, 0, -1)),
    );
    return keys.map((key, index) => {
      const elements = contents[index] ?? [];
      const jobs = elements.flatMap((element, position) =>
        // Those that have left their places before are empty.
        element.length === 0 ? [] : [{ position, ...this.judge(element.toString()) }],
      );
      return { key, digest: digestOf(elements), jobs };
    });
  }

  /** Decides what becomes of a job whose worker was lost. */
  private judge(element: string): Omit<FoundJob, 'position'> {
    const job = decodeJob(element);
    if (job.version === 0) {
      return { dead: { reason: 'unreadable', message: job.reason } };
    }
    if (hasSentValues(element)) {
      const dead = this.lostJobs.brokenStream(job);
      return { dead, reply: dead.reply };
    }
    const deliveries = job.redeliveries + 1;
    if (deliveries < mostDeliveries(job, this.handler)) {
      return {};
    }
    const dead = this.lostJobs.outOfDeliveries(job, deliveries);
    return { dead, reply: dead.reply };
  }
}

/** Tells one content of a slot from another, as the script that takes it back does. */
export function digestOf(elements: readonly Buffer[]): string {
  const hash = createHash('sha1');
  elements.forEach((element, index) => hash.update(index === 0 ? '' : '\n').update(element));
  return elements.length === 0 ? '' : hash.digest('hex');
}
