import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../observability/log.js';
import type { QueueKeys } from '../protocol/keys.js';
import { takeJobs } from '../protocol/scripts/take-jobs.js';
import { isRefusal, type Connection } from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';
import type { Slot, Slots } from './slots.js';

/** How long one blocking call waits for a job, seconds. */
const BLOCK_SECONDS = 5;

/** How long to wait after Redis refused to hand out jobs, ms. */
const REFUSED_DELAY = 1_000;

/** How often a blocking call that should end is asked to, ms: it may not have reached Redis yet. */
const UNBLOCK_INTERVAL = 20;

/**
 * The fetch loop of one queue: takes jobs into free slots. Each round waits for one job and takes as many more
 * as there are slots, in one round trip on a connection of its own. From the moment Redis moves a job into a
 * slot, a crash of this process cannot lose it.
 */
export class JobFetcher {
  private readonly connection: Connection;
  private loop: Promise<void> | undefined;
  private isStopping = false;
  private isFetching = false;
  /** Slots whose take was not answered: each may hold a job or not. */
  private unconfirmed: Slot[] = [];

  constructor(
    private readonly connections: Connections,
    private readonly queue: string,
    private readonly keys: QueueKeys,
    private readonly slots: Slots,
    private readonly log: Log,
    private readonly onJob: (slot: Slot, element: string) => void,
  ) {
    this.connection = connections.blocking(queue);
  }

  start(): void {
    this.loop = this.fetchUntilStopped();
  }

  /** Resolves when no job will be taken any more; those taken have been handed on. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.slots.wake();
    const unblocking = setInterval(() => void this.unblock(), UNBLOCK_INTERVAL);
    void this.unblock();
    await this.loop;
    clearInterval(unblocking);
    this.connections.release(this.connection);
  }

  private async fetchUntilStopped(): Promise<void> {
    while (!this.isStopping) {
      await this.slots.available();
      try {
        await this.connection.ready();
        await this.resume();
        if (!this.isStopping) {
          await this.fetch();
        }
      } catch (error) {
        if (isRefusal(error)) {
          this.log.error(`Queue "${this.queue}" hands out no jobs: ${error.message}; trying again`);
          await delay(REFUSED_DELAY, undefined, { ref: false });
        }
      }
    }
  }

  private async fetch(): Promise<void> {
    const { requests } = this.keys;
    const slots = this.slots.takeFree();
    const [first, ...others] = slots;
    if (!first) {
      return;
    }
    this.unconfirmed = slots;
    this.isFetching = true;
    try {
      const answers = await this.connection.allOrError((commands, addScript) => {
        commands.blmove(requests, first.key, 'LEFT', 'RIGHT', BLOCK_SECONDS);
        if (others.length > 0) {
          addScript(takeJobs, { requests, slots: others.map(({ key }) => key) });
        }
      });
      this.unconfirmed = [];
      const [head, rest] = answers as [string | null, string[] | undefined];
      this.handOn(first, head);
      others.forEach((slot, index) => this.handOn(slot, rest?.[index]));
    } finally {
      this.isFetching = false;
    }
  }

  /** Reads the slots of a take that was not answered, before anything else is taken into them. */
  private async resume(): Promise<void> {
    const slots = this.unconfirmed;
    if (slots.length === 0) {
      return;
    }
    const jobs = await this.connection.allOrError((commands) => {
      for (const { key } of slots) {
        commands.lindex(key, 0);
      }
    });
    this.unconfirmed = [];
    slots.forEach((slot, index) => this.handOn(slot, jobs[index] as string | null));
  }

  private handOn(slot: Slot, element: string | null | undefined): void {
    if (typeof element === 'string') {
      this.onJob(slot, element);
    } else {
      this.slots.release(slot);
    }
  }

  /** Ends a blocking call as its own timeout would: a job that is being handed out still arrives. */
  private async unblock(): Promise<void> {
    const { id } = this.connection;
    if (this.connection.state !== 'ready') {
      this.connection.close();
    } else if (this.isFetching && id !== undefined) {
      // Where it is refused, the call ends by itself soon.
      await this.connections.commands.redis.client('UNBLOCK', id).catch(() => undefined);
    }
  }
}
