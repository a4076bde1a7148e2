import { setTimeout as delay } from 'node:timers/promises';
import { clearInterval, setInterval } from 'node:timers';
import { Backoff } from './backoff.js';
import { beforeRetry, type Connection } from './connection.js';
import type { Connections } from './connections.js';
import { explainRefusal, isRefusal, levelOf } from './refusal.js';

/** How often a quiet connection is asked whether it still stands, ms. */
const PING_INTERVAL_MS = 10_000;

/** Waits before a refused subscription is tried again, ms: twice as long each time. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Channels that a line of the log names at most. */
const MOST_NAMED = 10;

/** Hears what is published on channels, on a connection of its own, again after every loss, until it is closed. */
export class Subscription {
  private connection: Connection | undefined;
  private pings: NodeJS.Timeout | undefined;
  /** Cuts the wait after a refusal short. */
  private wait = new AbortController();
  private isSubscribing = false;
  private isClosed = false;

  constructor(
    private readonly connections: Connections,
    /** How the connection is named. */
    private readonly role: string,
    private readonly channels: readonly string[],
    private readonly onMessage: (channel: string, message: string) => void,
    /** What happens while nothing is heard, for the log. */
    private readonly consequence: string,
  ) {}

  /** Resolves when the server has subscribed us, refuses it for now, or the connections are closed. It goes on trying. */
  start(): Promise<void> {
    const connection = this.connections.blocking(this.role);
    this.connection = connection;
    connection.redis.on('message', this.onMessage);
    this.pings = setInterval(() => this.ping(connection), PING_INTERVAL_MS).unref();
    return new Promise((resolve) => {
      connection.redis.on('close', () => void this.subscribe(connection, resolve));
      void this.subscribe(connection, resolve);
    });
  }

  close(): void {
    this.isClosed = true;
    this.wait.abort();
    clearInterval(this.pings);
    this.connections.log.over(this.kind);
    if (this.connection) {
      this.connections.release(this.connection);
    }
  }

  /** @param onTried - hears of each attempt that the server has answered, and of the end. */
  private async subscribe(connection: Connection, onTried: () => void): Promise<void> {
    if (this.isSubscribing) {
      this.wait.abort(); // another connection may be allowed what this one was not
      return;
    }
    this.isSubscribing = true;
    const backoff = new Backoff(FIRST_WAIT_MS);
    while (!this.isClosed && connection.state !== 'closed') {
      const error = await this.trySubscribe(connection);
      if (error === undefined) {
        break;
      }
      if (isRefusal(error)) {
        this.report(error);
        onTried();
        await this.rest(backoff.next(LONGEST_WAIT_MS));
      } else {
        await beforeRetry(error);
      }
    }
    this.isSubscribing = false;
    onTried();
  }

  /** @returns why it failed, if it did. */
  private async trySubscribe(connection: Connection): Promise<unknown> {
    try {
      await connection.ready();
      await connection.send((redis) => redis.subscribe(...this.channels));
    } catch (error) {
      return error ?? new Error('Nothing was thrown');
    }
    this.connections.log.over(this.kind);
    return undefined;
  }

  private get kind(): string {
    return `subscribe refused: ${this.role}`;
  }

  private report(error: Error): void {
    const named = this.channels.slice(0, MOST_NAMED).map((channel) => `"${channel}"`);
    const more = this.channels.length - named.length;
    this.connections.log.repeated(
      this.kind,
      levelOf(error),
      `Redis refuses SUBSCRIBE to ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} ` +
        `(${explainRefusal(error)}): until it is allowed, ${this.consequence}`,
    );
  }

  private async rest(duration: number): Promise<void> {
    this.wait = new AbortController();
    await delay(duration, undefined, { ref: false, signal: this.wait.signal }).catch(
      () => undefined,
    );
  }

  /** One that is not answered makes the connection notice that it went silent. */
  private ping(connection: Connection): void {
    if (connection.state === 'ready') {
      connection.send((redis) => redis.ping()).catch(() => undefined);
    }
  }
}
