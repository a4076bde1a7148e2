import type { Driver, Subscription, SubscriptionOptions } from '../../lib/driver/driver.js';
import { Gate } from '../../lib/driver/gate.js';
import type { ConnectionState } from '../../lib/driver/connection-state.js';
import { stateOfAll } from '../../lib/driver/line.js';
import type { Operation } from '../../lib/driver/operation.js';
import { runUntilAnswered } from '../../lib/driver/run-until-answered.js';
import { ServerTroubleError, type UnusableServerError } from '../../lib/driver/server-trouble.js';
import type { Shard } from '../../lib/driver/shard.js';
import { Keys } from '../../lib/protocol/keys.js';
import { FakeLine } from './fake-line.js';
import { VirtualRuntime } from './virtual-runtime.js';

/** Lines whose answers a test gives ({@link FakeLine}), to a server that goes away and comes back when the test says so. */
export class FakeDriver implements Driver {
  readonly serverName = 'fake://server';
  readonly clock = { now: () => this.runtime.now() };
  readonly commands = new FakeLine();
  /** What was opened for readers that block, and not released yet. */
  readonly blockingLines: FakeLine[] = [];
  /** What is subscribed to. */
  readonly subscriptions = new Set<SubscriptionOptions>();
  /** Why the server cannot serve anybody, until the test says otherwise. */
  obstacle: UnusableServerError | undefined;
  private isAway = false;
  private isClosed = false;
  private readonly listeners = new Set<(state: ConnectionState) => void>();
  private readonly changes = new Gate();

  constructor(readonly runtime = new VirtualRuntime()) {}

  /** @param prefix - of its keys. @param tag - the hash tag of one of several shards. */
  shard(prefix = '', tag?: string): Shard {
    return { driver: this, keys: new Keys(prefix, tag) };
  }

  /** Lets all go on that waits for neither time nor an answer. */
  settle(): Promise<void> {
    return this.runtime.advanceAsync(0);
  }

  /** @returns the line that a reader has opened. */
  line(role: string): FakeLine {
    const line = this.blockingLines.find((each) => each.role === role);
    if (!line) {
      throw new Error(`No line is open for ${role}`);
    }
    return line;
  }

  /** All lines are lost, and none can be made until {@link reconnect}. */
  disconnect(): void {
    this.isAway = true;
    this.lines.forEach((line) => line.break());
    this.changed();
  }

  reconnect(): void {
    this.isAway = false;
    this.lines.forEach((line) => line.mend());
    this.changed();
  }

  blocking(role: string): FakeLine {
    if (this.isClosed) {
      throw new Error('The lines are closed');
    }
    const line = new FakeLine(role);
    if (this.isAway) {
      line.break();
    }
    this.blockingLines.push(line);
    return line;
  }

  release(line: FakeLine): void {
    this.blockingLines.splice(this.blockingLines.indexOf(line), 1);
    line.close();
    this.changed();
  }

  subscribe(options: SubscriptionOptions): Subscription {
    return {
      start: async () => void this.subscriptions.add(options),
      close: () => this.subscriptions.delete(options),
    };
  }

  needs(): () => void {
    return () => undefined;
  }

  get state(): ConnectionState {
    return this.isClosed ? 'closed' : stateOfAll(this.lines);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get isReady(): boolean {
    return this.isConnected && !this.commands.isQuiet;
  }

  get isConnected(): boolean {
    return this.commands.state === 'ready';
  }

  async ready(): Promise<void> {
    await this.changes.until(() => this.isReady || this.isClosed);
    if (this.isClosed) {
      throw new Error('The lines are closed');
    }
  }

  async usable(): Promise<void> {
    if (this.obstacle) {
      throw this.obstacle;
    }
    await this.ready();
  }

  get trouble(): ServerTroubleError | undefined {
    return (
      this.obstacle ??
      (this.isAway ? new ServerTroubleError(`${this.serverName} is away`, 'warn') : undefined)
    );
  }

  async lost(): Promise<void> {
    await this.changes.until(() => this.isAway);
  }

  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    return runUntilAnswered(this, operation, input);
  }

  close(): void {
    this.isClosed = true;
    this.lines.forEach((line) => line.close());
    this.changed();
  }

  private get lines(): FakeLine[] {
    return [this.commands, ...this.blockingLines];
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener(this.state));
    this.changes.wake();
  }
}
