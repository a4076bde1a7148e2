import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import type { Log } from '../telemetry/log.js';
import type { Driver, Subscription, SubscriptionOptions } from '../driver/driver.js';
import type { ConnectionState } from '../driver/connection-state.js';
import { stateOfAll } from '../driver/line.js';
import type { Operation } from '../driver/operation.js';
import { runUntilAnswered } from '../driver/run-until-answered.js';
import type { Runtime, Timer } from '../driver/runtime.js';
import type { Rights } from '../driver/rights.js';
import { Connection, type ConnectionParts } from './connection/connection.js';
import { RightsCheck } from './connection/rights-check.js';
import type { ConnectionSource } from './topology/connection-source.js';
import { warnOfEviction } from './eviction.js';
import { OutageLog } from './outage-log.js';
import { warnOfRefusedTransactions } from './refused-transactions.js';
import { ServerClock } from './server-clock.js';
import { SlotMoves } from './slot-moves.js';
import { FailoverWatch } from './topology/failover-watch.js';
import { serverName } from './topology/server-name.js';
import { systemRuntime } from '../driver/system-runtime.js';
import { RedisSubscription } from './subscription.js';
import type { ServerTroubleError } from '../driver/server-trouble.js';

/** Time between two measurements of the server's clock. */
const CLOCK_MEASURE_INTERVAL_MS = 60_000;

/**
 * All connections of one module instance: a shared one for commands, and one for each blocking reader. A connection is opened
 * on first use.
 */
export class Connections implements Driver {
  readonly clock: ServerClock;
  private shared: Connection | undefined;
  private readonly open = new Set<Connection>();
  private isClosed = false;
  private readonly events = new EventEmitter();
  /** Connections live in this async context, not in that of the call that happened to open them. */
  private readonly scope = new AsyncResource('ReqRepConnections');
  private clockTimer: Timer | undefined;
  private lastState: ConnectionState = 'idle';
  private readonly outage: OutageLog;
  /** Address of the server that was connected to last. */
  private address: string | undefined;
  private readonly rights: RightsCheck;
  /** `undefined` without Sentinels, and before the first connect. */
  private failovers: FailoverWatch | undefined;

  /** Private, so that `util.inspect` does not show the password. */
  readonly #source: ConnectionSource;

  constructor(
    source: ConnectionSource,
    /** Part of the names of the connections. */
    private readonly name: string,
    readonly log: Log,
    /** Returns the ACL pattern for a key and related keys, for messages about missing permissions. */
    private readonly patternOf: (key: string) => string = (key) => key,
    readonly runtime: Runtime = systemRuntime,
    /** Resolves when the server may be used. Its errors are those of {@link ConnectionParts.prepare}. */
    private readonly allowed: () => Promise<void> = async () => undefined,
  ) {
    this.#source = source;
    this.clock = new ServerClock(runtime);
    this.outage = new OutageLog(log);
    this.rights = new RightsCheck(log, patternOf);
    this.events.setMaxListeners(0);
    const { clusterSlot } = source;
    clusterSlot?.owners.tell(new SlotMoves(clusterSlot, this.open, () => this.shared));
  }

  /**
   * Name of the server such as `redis://host:port/database`, without the user and the password: see {@link serverName}. (If the
   * connection option is a factory, it is called for {@link commands}.)
   */
  get serverName(): string {
    return this.#source.clusterSlot?.owners.name ?? serverName(this.commands.redis.options);
  }

  /** The shared connection for commands that do not block. */
  get commands(): Connection {
    this.shared ??= this.add('commands', {
      prepare: (connection) => this.prepare(connection),
    });
    return this.shared;
  }

  /** Opens a connection for a reader that blocks it. The reader closes it with {@link release}. */
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

  needs(rights: readonly Rights[]): () => void {
    if (this.shared && this.isConnected) {
      void this.rights.check(this.shared, rights);
    }
    return this.rights.add(rights);
  }

  /** Combined state of all connections: `ready` only if every open one is ready. */
  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    return stateOfAll(this.open);
  }

  /** @returns a function that stops listening. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.events.on('state', listener);
    return () => this.events.off('state', listener);
  }

  /**
   * Whether commands can be sent now: the connection is ready, was not quiet for long, and the server's clock is known. If it is
   * `false`, {@link ready} waits for it. Work that is skipped while Redis is unreachable checks {@link isConnected}.
   */
  get isReady(): boolean {
    return this.shared?.state === 'ready' && !this.shared.isQuiet;
  }

  /** Whether the connection for commands is ready; it may have been quiet for a while. */
  get isConnected(): boolean {
    return this.shared?.state === 'ready';
  }

  /** Waits until {@link isReady}, without a time limit. Rejects when the connections are closed. */
  async ready(): Promise<void> {
    while (!this.isReady) {
      await this.nextStep();
    }
  }

  /** Waits like {@link ready}. @throws UnusableServerError if the server answers but cannot be used. */
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

  /** The reason why the server cannot be used; `undefined` while it can. */
  get trouble(): ServerTroubleError | undefined {
    return this.outage.trouble;
  }

  /** Resolves when the server is unreachable. */
  lost(): Promise<void> {
    return this.outage.lost();
  }

  /**
   * Runs an operation that may be run twice without harm: it is sent again when the connection was lost before the answer.
   * @throws the refusal of Redis, or an error if the connections are closed.
   */
  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    return runUntilAnswered(this, operation, input);
  }

  /** Closes all connections for good. */
  close(): void {
    this.isClosed = true;
    this.runtime.clear(this.clockTimer);
    this.failovers?.close();
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

  private add(role: string, parts: Pick<ConnectionParts, 'prepare'> = {}): Connection {
    if (this.isClosed) {
      throw new Error('The connections are closed');
    }
    const name = ['nestjs-reqrep', this.name, role].map(encodeURIComponent).join(':');
    const all = {
      onChange: (trouble?: ServerTroubleError) => this.changed(trouble, role),
      onTransactionsRefused: (refusal: Error) =>
        warnOfRefusedTransactions(connection.address, refusal, this.log),
      ...parts,
      patternOf: this.patternOf,
      runtime: this.runtime,
    };
    const connection: Connection = this.scope.runInAsyncScope(
      () => new Connection(this.#source, name, all),
    );
    this.open.add(connection);
    return connection;
  }

  /** Measures the server's clock, and checks its settings and the rights of the user, before the connection becomes ready. */
  private async prepare(connection: Connection): Promise<void> {
    await this.allowed();
    this.followMove(connection.address);
    await Promise.all([this.rights.checkAll(connection), this.clock.measure(connection)]);
    if (this.isClosed) {
      return; // the last answer and the close came in the same turn
    }
    this.clockTimer ??= this.runtime
      .setInterval(() => void this.measureClock(), CLOCK_MEASURE_INTERVAL_MS)
      .unref();
    warnOfEviction(connection, this.log);
    this.watchFailovers(connection);
  }

  /** Lets all connections leave their server as soon as Sentinels name another primary. */
  private watchFailovers({ redis: { options } }: Connection): void {
    if (options.sentinels) {
      this.failovers ??= new FailoverWatch(options, this.runtime, (address) =>
        this.leaveUnless((connection) => connection.address === address),
      );
    }
  }

  private leaveUnless(mayStay: (connection: Connection) => boolean): void {
    for (const connection of this.open) {
      if (!mayStay(connection)) {
        connection.leave();
      }
    }
  }

  /**
   * Notes that another server has taken over, the new owner of a slot or a new primary, and lets the other connections follow: a former
   * primary may accept writes for seconds, which are lost.
   */
  private followMove(address: string): void {
    const before = this.address;
    this.address = address;
    if (before !== undefined && before !== address) {
      this.log.info(`Connected to ${address}, which has taken over from ${before} (${this.name})`);
      this.leaveUnless((connection) => connection.address !== before);
    }
  }

  private async measureClock(): Promise<void> {
    if (!this.isConnected) {
      return; // the next connection measures it
    }
    try {
      await this.ready();
      await this.clock.measure(this.commands);
    } catch {
      // The next interval tries again.
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
    // Blocking connections may wait for an answer for long; the shared one may not.
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
