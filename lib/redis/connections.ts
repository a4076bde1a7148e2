import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import type { Log } from '../telemetry/log.js';
import type { Driver, Subscription, SubscriptionOptions } from '../driver/driver.js';
import type { ConnectionState } from '../driver/connection-state.js';
import { stateOfAll } from '../driver/line.js';
import type { Operation } from '../driver/operation.js';
import { runUntilAnswered } from '../driver/run-until-answered.js';
import type { Runtime, Timer } from '../driver/runtime.js';
import { Connection } from './connection/connection.js';
import type { ConnectionSource } from './topology/connection-source.js';
import { warnOfEviction } from './eviction.js';
import { OutageLog } from './outage-log.js';
import { ServerClock } from './server-clock.js';
import { serverName } from './topology/server-name.js';
import { systemRuntime } from '../driver/system-runtime.js';
import { RedisSubscription } from './subscription.js';
import type { ServerTroubleError } from '../driver/server-trouble.js';

/** How often the server's clock is measured anew, ms. */
const CLOCK_MEASURE_INTERVAL_MS = 60_000;

/**
 * All connections of one module instance: one for commands, shared by everybody, and one for each blocking
 * reader. None is opened before it is used.
 */
export class Connections implements Driver {
  readonly clock: ServerClock;
  private shared: Connection | undefined;
  private readonly open = new Set<Connection>();
  private isClosed = false;
  private readonly events = new EventEmitter();
  private clockTimer: Timer | undefined;
  private lastState: ConnectionState = 'idle';
  private readonly outage: OutageLog;

  /** Out of what `util.inspect` shows: it knows the password. */
  readonly #source: ConnectionSource;

  constructor(
    source: ConnectionSource,
    /** Stands in the names of the connections. */
    private readonly name: string,
    readonly log: Log,
    /** The glob that allows a key and those that belong to it, to say what right is missing. */
    private readonly patternOf?: (key: string) => string,
    readonly runtime: Runtime = systemRuntime,
  ) {
    this.#source = source;
    this.clock = new ServerClock(runtime);
    this.outage = new OutageLog(log);
    this.events.setMaxListeners(0);
  }

  /**
   * The server as `redis://host:port/database`, without the user and the password: see {@link serverName}. (A factory is
   * called for {@link commands}, where that has not happened yet.)
   */
  get serverName(): string {
    return serverName(this.commands.redis.options);
  }

  /** For commands that do not block. */
  get commands(): Connection {
    this.shared ??= this.add('commands', (connection) => this.prepare(connection));
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

  subscribe(options: SubscriptionOptions): Subscription {
    return new RedisSubscription(this, options);
  }

  /** The state of all connections together: `ready` only when every open one is. */
  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    return stateOfAll(this.open);
  }

  /** @returns how to stop listening. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.events.on('state', listener);
    return () => this.events.off('state', listener);
  }

  /**
   * Whether commands can be sent at once: the server is there, so far as anybody knows, and its clock is known. Where it is
   * `false`, {@link ready} says when they can; what is to be skipped while Redis is away asks {@link isConnected}.
   */
  get isReady(): boolean {
    return this.shared?.state === 'ready' && !this.shared.isQuiet;
  }

  /** Whether there is a connection for commands, which may have been quiet for a while. */
  get isConnected(): boolean {
    return this.shared?.state === 'ready';
  }

  /** Waits until {@link isReady}, for as long as it takes. Rejects once the connections are closed. */
  async ready(): Promise<void> {
    while (!this.isReady) {
      await this.nextStep();
    }
  }

  /** As {@link ready}. @throws UnusableServerError where the server answers, but cannot serve us. */
  async usable(): Promise<void> {
    while (!this.isReady) {
      if (this.commands.obstacle) {
        throw this.commands.obstacle;
      }
      await this.nextStep();
    }
  }

  private nextStep(): Promise<void> {
    const { commands } = this;
    return commands.state === 'ready' ? commands.check() : commands.nextChange();
  }

  /** Why the server cannot be used, while it cannot. */
  get trouble(): ServerTroubleError | undefined {
    return this.outage.trouble;
  }

  /** Resolves once the server cannot be reached. */
  lost(): Promise<void> {
    return this.outage.lost();
  }

  /**
   * Carries out an operation that does no harm when it is carried out twice: after a loss of the connection it is sent again.
   * @throws what Redis refuses it with, or that the connections are closed.
   */
  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    return runUntilAnswered(this, operation, input);
  }

  /** For good: nothing is opened any more. */
  close(): void {
    this.isClosed = true;
    this.runtime.clear(this.clockTimer);
    for (const connection of this.open) {
      connection.close();
    }
    this.changed();
  }

  /** @internal */
  [inspect.custom](): string {
    return `Connections(${this.name}, ${this.state})`;
  }

  toJSON(): object {
    return { name: this.name, state: this.state };
  }

  private add(role: string, prepare?: (connection: Connection) => Promise<void>): Connection {
    if (this.isClosed) {
      throw new Error('The connections are closed');
    }
    const name = ['nestjs-reqrep', this.name, role].map(encodeURIComponent).join(':');
    const connection = new Connection(this.#source, name, {
      onChange: (trouble) => this.changed(trouble, role),
      prepare,
      patternOf: this.patternOf,
      runtime: this.runtime,
    });
    this.open.add(connection);
    return connection;
  }

  /** Learns what everybody has to know of the server. */
  private async prepare(connection: Connection): Promise<void> {
    await this.clock.measure(connection);
    this.clockTimer ??= this.runtime
      .setInterval(() => void this.measureClock(), CLOCK_MEASURE_INTERVAL_MS)
      .unref();
    warnOfEviction(connection, this.log);
  }

  private async measureClock(): Promise<void> {
    if (!this.isConnected) {
      return; // it is measured when there is one again
    }
    try {
      await this.ready();
      await this.clock.measure(this.commands);
    } catch {
      // What fails now is tried again.
    }
  }

  private changed(trouble?: ServerTroubleError, role = 'commands'): void {
    const { state } = this;
    if (state !== 'closed') {
      this.report(state, trouble, role);
    }
    if (state !== this.lastState) {
      this.lastState = state;
      this.events.emit('state', state);
    }
  }

  private report(
    state: ConnectionState,
    trouble: ServerTroubleError | undefined,
    role: string,
  ): void {
    // Only those who block it may wait for long for an answer.
    const silence = this.shared?.silence;
    if (trouble) {
      this.outage.begin(trouble, role);
    } else if (silence) {
      if (!this.outage.trouble) {
        this.outage.begin(silence, role);
      }
    } else if (state === 'ready') {
      this.outage.end();
    }
  }
}
