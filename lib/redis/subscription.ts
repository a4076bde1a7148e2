import { beforeRetry, type Connection } from './connection.js';
import { isRefusal } from './refusal.js';
import type { Connections } from './connections.js';

/** How often a quiet connection is asked whether it still stands, ms. */
const PING_INTERVAL = 10_000;

/** Hears what is published on channels, on a connection of its own, again after every loss, until it is closed. */
export class Subscription {
  private connection: Connection | undefined;
  private pings: NodeJS.Timeout | undefined;
  private isSubscribing = false;
  private isClosed = false;

  constructor(
    private readonly connections: Connections,
    /** How the connection is named. */
    private readonly role: string,
    private readonly channels: readonly string[],
    private readonly onMessage: (channel: string, message: string) => void,
  ) {}

  /** Resolves when the server has subscribed us. @throws what it refuses it with. */
  async start(): Promise<void> {
    const connection = this.connections.blocking(this.role);
    this.connection = connection;
    connection.redis.on('message', this.onMessage);
    connection.redis.on('close', () => void this.subscribe(connection).catch(() => undefined));
    this.pings = setInterval(() => this.ping(connection), PING_INTERVAL).unref();
    await this.subscribe(connection);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.pings);
    if (this.connection) {
      this.connections.release(this.connection);
    }
  }

  private async subscribe(connection: Connection): Promise<void> {
    if (this.isSubscribing) {
      return;
    }
    this.isSubscribing = true;
    try {
      while (!this.isClosed && !(await this.trySubscribe(connection)));
    } finally {
      this.isSubscribing = false;
    }
  }

  private async trySubscribe(connection: Connection): Promise<boolean> {
    try {
      await connection.ready();
      await connection.send((redis) => redis.subscribe(...this.channels));
      return true;
    } catch (error) {
      if (isRefusal(error) || connection.state === 'closed') {
        throw error;
      }
      await beforeRetry(error);
      return false;
    }
  }

  /** One that is not answered makes the connection notice that it went silent. */
  private ping(connection: Connection): void {
    if (connection.state === 'ready') {
      connection.send((redis) => redis.ping()).catch(() => undefined);
    }
  }
}
