import { AsyncResource } from 'node:async_hooks';
import { inspect } from 'node:util';
import type { Redis } from 'ioredis';
import { Gate } from '../../driver/gate.js';
import type { ConnectionState } from '../../driver/connection-state.js';
import type { Line, Outputs, Settled, StartCalls } from '../../driver/line.js';
import type { Operation, Transaction } from '../../driver/operation.js';
import type { Runtime } from '../../driver/runtime.js';
import type { ServerTroubleError, UnusableServerError } from '../../driver/server-trouble.js';
import { systemRuntime } from '../../driver/system-runtime.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import { OperationCalls } from '../operations/operation-calls.js';
import type { ConnectionSource } from '../topology/connection-source.js';
import { ServerHandshake } from './server-handshake.js';
import { ConnectionTroubles, isSelectError } from './connection-troubles.js';
import { PingCheck } from './ping-check.js';
import { OwnRedis } from './own-redis.js';
import type { ServerFacts } from './server-facts.js';

/** Further settings of a connection. */
export interface ConnectionParts {
  /** Is called at every change of `state` and `silence`, with the trouble that caused it if there is one. */
  readonly onChange?: (trouble?: ServerTroubleError) => void;
  /** Runs on each new connection before it becomes ready. */
  readonly prepare?: ((connection: Connection) => Promise<void>) | undefined;
  /** @returns the ACL pattern for a key or channel, for messages about missing permissions; by default the key itself. */
  readonly patternOf?: ((key: string) => string) | undefined;
  readonly runtime?: Runtime;
  /** Is called when it turns out that the server refuses transactions, so that scripts are used. */
  readonly onTransactionsRefused?: (refusal: Error) => void;
}

/** One connection of the library: opened on first use, and again after every loss, until it is closed. */
export class Connection implements Line {
  private isClosed = false;
  private readonly own: OwnRedis;
  private readonly calls: OperationCalls;
  private readonly troubles: ConnectionTroubles;
  private readonly handshake: ServerHandshake;
  private readonly pingCheck: PingCheck;
  /** It connects in this async context, not in that of the first call that waits for it. */
  private readonly scope = new AsyncResource('ReqRepConnection');
  private readonly changes = new Gate();

  /** @param name - its name in `CLIENT LIST`. */
  constructor(
    source: ConnectionSource,
    readonly name: string,
    private readonly parts: ConnectionParts = {},
  ) {
    const { runtime = systemRuntime, patternOf = (key: string) => key } = parts;
    this.own = new OwnRedis({
      source,
      name,
      runtime,
      patternOf,
      onSilent: () => this.troubles.explained(this.troubles.silence),
      onLate: () => this.changed(),
    });
    const { own } = this;
    this.calls = new OperationCalls(own.redis, own.watchdog, (refusal) =>
      parts.onTransactionsRefused?.(refusal),
    );
    this.pingCheck = new PingCheck(own, runtime);
    this.troubles = new ConnectionTroubles(own.destination, runtime, (trouble) =>
      this.changed(trouble),
    );
    this.handshake = new ServerHandshake({
      own,
      troubles: this.troubles,
      runtime,
      name,
      prepare: async () => parts.prepare?.(this),
      onDone: () => this.changed(),
    });
    this.follow(own.redis);
  }

  get redis(): Redis {
    return this.own.redis;
  }

  /** Address of the server, for logs. */
  get address(): string {
    return this.own.destination.address;
  }

  /** User that it is authenticated as. */
  get user(): string {
    return this.own.destination.placement.user ?? 'default';
  }

  get identity(): LineIdentity | undefined {
    return this.handshake.identity;
  }

  get identities(): readonly LineIdentity[] {
    return this.handshake.identities;
  }

  get server(): ServerFacts | undefined {
    return this.handshake.server;
  }

  get lastRunId(): string | undefined {
    return this.handshake.lastRunId;
  }

  /** Why the server is unusable; `undefined` while it is not. */
  get obstacle(): UnusableServerError | undefined {
    return this.troubles.obstacle;
  }

  /** The trouble of a server that has not answered for some seconds; `undefined` while it answers. */
  get silence(): ServerTroubleError | undefined {
    return this.own.watchdog.isLate ? this.troubles.silence : undefined;
  }

  get isQuiet(): boolean {
    return this.own.watchdog.isQuiet;
  }

  get path(): unknown {
    return this.own.pathTo(this.server?.runId);
  }

  get state(): ConnectionState {
    const { redis } = this.own;
    if (this.isClosed) {
      return 'closed';
    }
    if (redis.status === 'wait') {
      return 'idle';
    }
    // A connection that the other end has closed is not writable some turns before ioredis reports the close.
    if (redis.status === 'ready' && this.handshake.isDone && redis.stream.writable) {
      return 'ready';
    }
    return this.troubles.hasServed ? 'reconnecting' : 'connecting';
  }

  async ready(): Promise<void> {
    while (this.state !== 'ready') {
      await this.nextChange();
    }
  }

  /** Connects if that has not happened yet, and resolves at the next change of {@link state} or {@link obstacle}. */
  async nextChange(): Promise<void> {
    this.open();
    await this.changes.next();
  }

  /** Closes the connection to a server that another one has taken over from, and makes another connection. */
  leave(): void {
    if (['connect', 'ready'].includes(this.redis.status) && !this.own.isLeaving) {
      this.own.replace();
    }
  }

  /** Asks a node of a Cluster whether it still owns the slot. If not, or if it does not answer soon, the connection is replaced. */
  checkOwner(): void {
    const key = this.own.destination.clusterSlot?.key;
    if (key !== undefined && this.state === 'ready' && !this.own.isLeaving) {
      this.send((redis) => redis.llen(key)).catch(() => undefined); // a refusal replaces the connection
      void this.check();
    }
  }

  /** Pings the server. If it does not answer soon, the connection is replaced. */
  check(): Promise<void> {
    return this.pingCheck.check();
  }

  /** Starts to connect, if that has not happened yet. */
  open(): void {
    if (this.isClosed) {
      throw new Error(`Connection "${this.name}" is closed`);
    }
    this.scope.runInAsyncScope(this.own.open, this.own);
  }

  /** Sends one command that is not an operation. If it is not answered for long, the connection is replaced. */
  send<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.own.send(command);
  }

  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return this.calls.run(operation, input);
  }

  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    return this.calls.runAhead(operation, input, start);
  }

  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return this.calls.settled(start);
  }

  all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>> {
    return this.calls.all(start);
  }

  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Promise<Output> {
    return this.calls.transact(transaction, input);
  }

  cut(identity: LineIdentity): Promise<boolean> {
    return this.handshake.cutter.cut(identity);
  }

  unblock(identity: LineIdentity): Promise<void> {
    return this.handshake.cutter.unblock(identity);
  }

  close(): void {
    this.isClosed = true;
    this.troubles.close();
    this.own.close();
    this.changed();
  }

  /** @internal */
  [inspect.custom](): string {
    return `Connection(${this.name}, ${this.state})`;
  }

  toJSON(): object {
    return { name: this.name, state: this.state };
  }

  private follow(redis: Redis): void {
    redis.on('connecting', () => this.troubles.attemptStarted());
    redis.on('ready', () => void this.handshake.perform());
    let hasAskedSentinel = false;
    redis.on('sentinelError', () => {
      hasAskedSentinel = true;
    });
    redis.on('error', (error: Error) => {
      // ioredis goes on behind the Sentinel that it asked last, and begins again where none was left.
      const isEmptyRound = !hasAskedSentinel && error.message.startsWith('All sentinels');
      hasAskedSentinel = false;
      if (!isSelectError(error) && !isEmptyRound) {
        this.own.noteLoss();
        void this.troubles.attemptFailed(error);
      }
    });
    redis.on('close', () => {
      this.handshake.connectionLost();
      if (this.troubles.connectionClosed()) {
        this.own.noteLoss();
      }
    });
    for (const event of ['connecting', 'close', 'reconnecting', 'end']) {
      redis.on(event, () => this.changed());
    }
    if (redis.status !== 'wait') {
      this.troubles.attemptStarted(); // the factory has connected it already
    }
    if (redis.status === 'ready') {
      void this.handshake.perform();
    }
  }

  private changed(trouble?: ServerTroubleError): void {
    this.parts.onChange?.(trouble);
    this.changes.wake();
  }
}
