import { Backoff } from '../driver/backoff.js';
import { beforeRetry } from '../driver/before-retry.js';
import type { Subscription, SubscriptionOptions } from '../driver/driver.js';
import { Gate } from '../driver/gate.js';
import type { Runtime, Timer } from '../driver/runtime.js';
import type { Log } from '../telemetry/log.js';
import type { Connection } from './connection/connection.js';
import { explainRefusal, isRefusal, logLevelOf } from '../driver/refusal.js';

/** Time between two pings of the connection, because a subscription may receive nothing for long. */
const PING_INTERVAL_MS = 10_000;

/** Bounds of the waits after a refused SUBSCRIBE, which double each time. */
const FIRST_RETRY_WAIT_MS = 500;
const LONGEST_RETRY_WAIT_MS = 30_000;

/** Maximum number of channels that one log line names. */
const MAX_LOGGED_CHANNELS = 10;

/** Opens and closes the connection of a subscription. */
export interface BlockingConnections {
  readonly runtime: Runtime;
  readonly log: Log;
  blocking(role: string): Connection;
  release(connection: Connection): void;
}

/** Receives what is published on channels, over its own connection; it subscribes again after every loss, until it is closed. */
export class RedisSubscription implements Subscription {
  private connection: Connection | undefined;
  private pingTimer: Timer | undefined;
  /** Ends the wait after a refusal early. */
  private readonly waitEnds = new Gate();
  private isSubscribing = false;
  private isClosed = false;

  constructor(
    private readonly connections: BlockingConnections,
    private readonly options: SubscriptionOptions,
  ) {}

  start(): Promise<void> {
    const connection = this.connections.blocking(this.options.role);
    this.connection = connection;
    connection.redis.on('message', this.options.onMessage);
    this.pingTimer = this.connections.runtime
      .setInterval(() => this.ping(connection), PING_INTERVAL_MS)
      .unref();
    return new Promise((resolve) => {
      connection.redis.on('close', () => void this.subscribe(connection, resolve));
      void this.subscribe(connection, resolve);
    });
  }

  close(): void {
    this.isClosed = true;
    this.waitEnds.wake();
    this.connections.runtime.clear(this.pingTimer);
    this.connections.log.over(this.logKind);
    if (this.connection) {
      this.connections.release(this.connection);
    }
  }

  /** @param onTried - is called after each attempt that the server has answered, and at the end. */
  private async subscribe(connection: Connection, onTried: () => void): Promise<void> {
    if (this.isSubscribing) {
      this.waitEnds.wake(); // the new connection may have the permission
      return;
    }
    this.isSubscribing = true;
    const backoff = new Backoff(this.connections.runtime, FIRST_RETRY_WAIT_MS);
    while (!this.isClosed && connection.state !== 'closed') {
      const error = await this.trySubscribe(connection);
      if (error === undefined || this.isClosed) {
        break;
      }
      if (isRefusal(error)) {
        this.report(error);
        onTried();
        await this.waitForRetry(backoff.next(LONGEST_RETRY_WAIT_MS));
      } else {
        await beforeRetry(error, this.connections.runtime);
      }
    }
    this.isSubscribing = false;
    onTried();
  }

  /** @returns the error; `undefined` if it succeeded. */
  private async trySubscribe(connection: Connection): Promise<unknown> {
    try {
      await connection.ready();
      await connection.send((redis) => redis.subscribe(...this.options.channels));
    } catch (error) {
      return error ?? new Error('Nothing was thrown');
    }
    this.connections.log.over(this.logKind);
    void this.subscribeToOptional(connection);
    return undefined;
  }

  /** Asks for them alone: a refusal of one channel is a refusal of all channels of a command. Each connect tries once. */
  private async subscribeToOptional(connection: Connection): Promise<void> {
    const { channels = [], consequence = '' } = this.options.optional ?? {};
    if (channels.length === 0) {
      return;
    }
    const kind = `optional ${this.logKind}`;
    try {
      await connection.send((redis) => redis.subscribe(...channels));
      this.connections.log.over(kind);
    } catch (error) {
      if (isRefusal(error)) {
        this.connections.log.repeated(
          kind,
          'warn',
          `Cannot subscribe to ${named(channels)} (${explainRefusal(error)}): ${consequence}`,
        );
      }
    }
  }

  private get logKind(): string {
    return `subscribe refused: ${this.options.role}`;
  }

  private report(error: Error): void {
    this.connections.log.repeated(
      this.logKind,
      logLevelOf(error),
      `Cannot subscribe to ${named(this.options.channels)} ` +
        `(${explainRefusal(error)}); retrying, and until it works, ${this.options.consequence}`,
    );
  }

  private async waitForRetry(ms: number): Promise<void> {
    const { runtime } = this.connections;
    const timer = runtime.setTimeout(() => this.waitEnds.wake(), ms).unref();
    await this.waitEnds.next();
    runtime.clear(timer);
  }

  /** Pings the server. An unanswered ping makes the watchdog replace the connection. */
  private ping(connection: Connection): void {
    if (connection.state === 'ready') {
      connection.send((redis) => redis.ping()).catch(() => undefined);
    }
  }
}

function named(channels: readonly string[]): string {
  const shown = channels.slice(0, MAX_LOGGED_CHANNELS).map((channel) => `"${channel}"`);
  const more = channels.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
