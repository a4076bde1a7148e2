import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../observability/log.js';
import type { QueueKeys } from '../protocol/keys.js';
import { takeJobs } from '../protocol/scripts/take-jobs.js';
import {
  beforeRetry,
  isRefusal,
  type Connection,
  type ConnectionIdentity,
} from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';
import type { Take } from './intake.js';

/** How long one blocking call waits for a job, seconds. */
const BLOCK_SECONDS = 5;

/** Jobs that are taken at most by one call: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/** How often a blocking call that should end is asked to, ms: it may not have reached Redis yet. */
const UNBLOCK_INTERVAL = 20;

/** How long a stopping fetcher waits for the server to forget its connection, ms. */
const CUT_TIME = 500;

/** What is left of a fetcher that has stopped. */
export interface FetcherRest {
  /** What may have been taken without a word from Redis. */
  readonly unconfirmed: Take | undefined;
  /** Whether no job can come any more. */
  readonly isOver: boolean;
}

/** What the worker that jobs are fetched for hears, and says of itself. */
export interface FetcherOwner {
  /** Resolves when it has room for a job that nobody else fetches, or it is to stop or pause. */
  hasRoom(): Promise<void>;
  /** What to take: no more jobs than it has room for. */
  take(most: number): Take | undefined;
  /** These jobs were taken. */
  onTaken(take: Take, jobs: readonly string[]): void;
  /** Awaited before a new connection takes its first job: until others know of it, they might miss its jobs. */
  onConnected(): Promise<void>;
}

/**
 * The fetch loop of one queue, on a connection of its own: waits for a job, and as long as there are more takes as many
 * as there is room for. From the moment Redis moves a job into a slot, a crash of this process cannot lose it. Under
 * load it rests: who settles jobs takes the next ones in the same step.
 */
export class JobFetcher {
  private connection: Connection | undefined;
  private loop: Promise<void> | undefined;
  private isStopping = false;
  private isPaused = false;
  private isFetching = false;
  private onResume: (() => void) | undefined;
  private onStop: () => void = () => undefined;
  private readonly stopped = new Promise<void>((resolve) => {
    this.onStop = resolve;
  });
  /** Whether the queue had as many jobs as were last asked for, so that it need not wait for the next. */
  areMore = false;
  private announced: ConnectionIdentity | undefined;
  /** A take that was not answered: its slot may hold jobs or not. */
  private unconfirmed: Take | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly queue: string,
    private readonly keys: QueueKeys,
    private readonly log: Log,
    private readonly owner: FetcherOwner,
  ) {}

  get identity(): ConnectionIdentity | undefined {
    return this.connection?.identity;
  }

  start(): void {
    this.connection = this.connections.blocking(this.queue);
    this.loop = this.fetchUntilStopped(this.connection);
  }

  /** Resolves when no job will be taken until {@link resume}. */
  async pause(): Promise<void> {
    this.isPaused = true;
    await this.interrupt();
  }

  resume(): void {
    this.isPaused = false;
    this.onResume?.();
  }

  /**
   * Resolves when no job will be taken any more; those taken have been handed on.
   * @param outOfTime - aborts when Redis has had its time to answer.
   */
  async stop(outOfTime: AbortSignal): Promise<FetcherRest> {
    const { connection } = this;
    if (!connection) {
      return { unconfirmed: undefined, isOver: true };
    }
    this.isStopping = true;
    this.onStop();
    this.resume();
    const close = (): void => this.connections.release(connection);
    outOfTime.addEventListener('abort', close);
    if (connection.state !== 'ready' || outOfTime.aborted) {
      close();
    }
    await this.interrupt();
    await this.loop;
    outOfTime.removeEventListener('abort', close);
    close();
    const { unconfirmed } = this;
    return { unconfirmed, isOver: !unconfirmed || (await this.cut(connection)) };
  }

  /** Makes the server forget a take that it may still hold for us. @returns whether it has. */
  private async cut(connection: Connection): Promise<boolean> {
    const cuts = connection.identities.map((identity) => this.connections.commands.cut(identity));
    return Promise.race([
      Promise.all(cuts).then(
        () => true,
        () => false,
      ),
      delay(CUT_TIME, false),
    ]);
  }

  private async fetchUntilStopped(connection: Connection): Promise<void> {
    while (!this.isStopping) {
      // What may have been taken is looked after even while nothing more is to be taken.
      if (!this.unconfirmed) {
        await this.untilWanted();
      }
      if (this.isStopping) {
        break;
      }
      try {
        await connection.ready();
        await this.announce(connection);
        await this.readUnconfirmed(connection);
        await this.fetch(connection);
      } catch (error) {
        if (isRefusal(error)) {
          this.log.error(`Queue "${this.queue}" hands out no jobs: ${error.message}; trying again`);
        }
        await beforeRetry(error);
      }
    }
  }

  private async untilWanted(): Promise<void> {
    if (this.isPaused) {
      await new Promise<void>((resolve) => {
        this.onResume = resolve;
      });
    }
    await this.owner.hasRoom();
  }

  private async announce({ identity }: Connection): Promise<void> {
    if (identity !== this.announced) {
      await Promise.race([this.connections.ready(), this.stopped]);
      await this.owner.onConnected();
      this.announced = identity;
    }
  }

  private async fetch(connection: Connection): Promise<void> {
    if (this.isStopping || this.isPaused) {
      return;
    }
    const take = this.owner.take(this.areMore ? MOST_JOBS : 1);
    if (!take) {
      await nextTurn();
      return;
    }
    this.unconfirmed = take;
    this.isFetching = true;
    try {
      const jobs =
        this.areMore && take.most > 1
          ? await this.takeWaiting(connection, take)
          : await this.waitForOne(connection, take);
      this.unconfirmed = undefined;
      this.areMore = jobs.length === take.most;
      this.owner.onTaken(take, jobs);
    } finally {
      this.isFetching = false;
    }
    if (this.areMore) {
      // A job that is done by then takes the next ones when it is settled.
      await nextTurn();
    }
  }

  private async waitForOne(connection: Connection, { slot }: Take): Promise<readonly string[]> {
    const { requests } = this.keys;
    const job = await connection.send((redis) =>
      redis.blmove(requests, slot.key, 'LEFT', 'RIGHT', BLOCK_SECONDS),
    );
    return job === null ? [] : [job];
  }

  private takeWaiting(connection: Connection, { slot, most }: Take): Promise<readonly string[]> {
    return connection.run(takeJobs, { requests: this.keys.requests, slot: slot.key, most });
  }

  /**
   * Reads the slot of a take that was not answered, before anything else is taken. The connection that asked for it is
   * cut by now on the server's side, too, so that what lies in it is final.
   */
  private async readUnconfirmed(connection: Connection): Promise<void> {
    const take = this.unconfirmed;
    if (take) {
      const jobs = await connection.send((redis) => redis.lrange(take.slot.key, 0, -1));
      this.unconfirmed = undefined;
      this.owner.onTaken(take, jobs);
    }
  }

  /** Ends a blocking call as its own timeout would: a job that is being handed out still arrives. */
  private async interrupt(): Promise<void> {
    while (this.isFetching) {
      const { identity } = this;
      if (identity) {
        // Where it is refused, the call ends by itself soon.
        this.connections.commands
          .send((redis) => redis.client('UNBLOCK', identity.id))
          .catch(() => undefined);
      }
      await delay(UNBLOCK_INTERVAL);
    }
  }
}
