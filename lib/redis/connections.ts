import { EventEmitter, once } from 'node:events';
import type { Log } from '../observability/log.js';
import { beforeRetry, Connection, type ConnectionState } from './connection.js';
import { isRefusal } from './refusal.js';
import type { ConnectionSource } from './connection-source.js';
import type { Script } from './script.js';
import { ServerClock } from './server-clock.js';

/** How often the server's clock is measured anew, ms. */
const CLOCK_INTERVAL = 60_000;

/** What matters most first: the state of many connections is the first of these that one of them has. */
const STATES: readonly ConnectionState[] = [
  'reconnecting',
  'connecting',
  'ready',
  'idle',
  'closed',
];

/**
 * All connections of one module instance: one for commands, shared by everybody, and one for each blocking
 * reader. None is opened before it is used.
 */
export class Connections {
  readonly clock = new ServerClock();
  private shared: Connection | undefined;
  private readonly open = new Set<Connection>();
  private isClosed = false;
  private readonly events = new EventEmitter();
  private clockTimer: NodeJS.Timeout | undefined;
  private measured: Promise<void> | undefined;
  private isClockRight = false;
  private lastState: ConnectionState = 'idle';
  private isLost = false;

  constructor(
    private readonly source: ConnectionSource,
    /** Stands in the names of the connections. */
    private readonly name: string,
    private readonly log: Log,
  ) {
    this.events.setMaxListeners(0);
  }

  /** For commands that do not block. */
  get commands(): Connection {
    if (!this.shared) {
      this.shared = this.add('commands');
      this.shared.redis.on('ready', () => {
        this.measured = this.measureClock();
      });
    }
    return this.shared;
  }

  /** A connection for a reader that blocks it; the reader closes it with {@link release}. */
  blocking(role: string): Connection {
    return this.add(role);
  }

  release(connection: Connection): void {
    this.open.delete(connection);
    connection.close();
    this.changed();
  }

  /** The state of all connections together: `ready` only when every open one is. */
  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    const states = new Set([...this.open].map((connection) => connection.state));
    return STATES.find((state) => states.has(state)) ?? 'idle';
  }

  /** @returns how to stop listening. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.events.on('state', listener);
    return () => this.events.off('state', listener);
  }

  /** Whether commands can be sent and the server's clock is known. */
  get isReady(): boolean {
    return this.isClockRight && this.commands.state === 'ready';
  }

  /** Waits until {@link isReady}, for as long as it takes. Rejects once the connections are closed. */
  async ready(): Promise<void> {
    while (!this.isReady) {
      await this.commands.ready();
      await this.measured;
    }
  }

  /** Resolves once the server cannot be reached. */
  async lost(): Promise<void> {
    if (!this.isLost) {
      await once(this.events, 'lost');
    }
  }

  /**
   * Runs a script that does no harm when it runs twice: after a loss of the connection it is sent again.
   * @throws what Redis refuses it with, or that the connections are closed.
   */
  async runUntilAnswered<Input, Output>(
    script: Script<Input, Output>,
    input: Input,
  ): Promise<Output> {
    for (;;) {
      await this.ready();
      try {
        return await this.commands.run(script, input);
      } catch (error) {
        if (isRefusal(error)) {
          throw error;
        }
        await beforeRetry(error);
      }
    }
  }

  /** For good: nothing is opened any more. */
  close(): void {
    this.isClosed = true;
    clearInterval(this.clockTimer);
    for (const connection of this.open) {
      connection.close();
    }
    this.changed();
  }

  private add(role: string): Connection {
    if (this.isClosed) {
      throw new Error('The connections are closed');
    }
    const name = ['nestjs-reqrep', this.name, role].map(encodeURIComponent).join(':');
    const connection = new Connection(this.source, name, (error) => this.changed(error));
    this.open.add(connection);
    return connection;
  }

  private async measureClock(): Promise<void> {
    try {
      await this.clock.measure(this.commands);
      this.isClockRight = true;
      this.clockTimer ??= setInterval(() => void this.measureClock(), CLOCK_INTERVAL).unref();
    } catch (error) {
      if (isRefusal(error)) {
        this.log.warn(
          `Redis does not tell its time (${error.message}); the local clock is used for deadlines`,
        );
        this.isClockRight = true;
      }
      // Else the connection broke again; the next one measures.
    }
  }

  private changed(error?: Error): void {
    const { state } = this;
    this.report(state, error);
    if (state !== this.lastState) {
      this.lastState = state;
      this.events.emit('state', state);
    }
  }

  /** One line when the server is lost and one when it is back, however many connections and attempts there are. */
  private report(state: ConnectionState, error: Error | undefined): void {
    if (error && !this.isLost && state !== 'closed') {
      this.isLost = true;
      this.events.emit('lost');
      this.log.warn(`Redis cannot be reached (${reasonOf(error)}); trying again until it answers`);
    } else if (state === 'ready' && this.isLost) {
      this.isLost = false;
      this.log.info('Redis answers again');
    }
  }
}

/** Where a name has several addresses, Node's error for all of them has a code but no message. */
function reasonOf(error: Error): string {
  return error.message || String((error as NodeJS.ErrnoException).code);
}
