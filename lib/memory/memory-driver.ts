import { EventEmitter, once } from 'node:events';
import type { Driver, Subscription, SubscriptionOptions } from '../driver/driver.js';
import type { ConnectionState } from '../driver/connection-state.js';
import { stateOfAll } from '../driver/line.js';
import type { Operation } from '../driver/operation.js';
import { runUntilAnswered } from '../driver/run-until-answered.js';
import type { Runtime } from '../driver/runtime.js';
import { ServerTroubleError } from '../driver/server-trouble.js';
import { MemoryLine } from './memory-line.js';
import type { MemoryServer } from './memory-server.js';

/** The lines of one module instance to a server in this process. */
export class MemoryDriver implements Driver {
  private shared: MemoryLine | undefined;
  private readonly open = new Set<MemoryLine>();
  private readonly events = new EventEmitter();
  private lastState: ConnectionState = 'idle';
  private isClosed = false;

  /** @param onClose - is called when the driver is closed. */
  constructor(
    readonly server: MemoryServer,
    readonly runtime: Runtime,
    private readonly onClose: () => void = () => undefined,
  ) {
    this.events.setMaxListeners(0);
  }

  get serverName(): string {
    return this.server.name;
  }

  get clock(): { now(): number } {
    return this.server;
  }

  get commands(): MemoryLine {
    this.shared ??= this.blocking('commands');
    return this.shared;
  }

  blocking(role: string): MemoryLine {
    if (this.isClosed) {
      throw new Error('The connections are closed');
    }
    const line = this.newLine(role, () => this.changed());
    this.open.add(line);
    return line;
  }

  /** Creates a line; the simulation overrides it. */
  protected newLine(role: string, onChange: () => void): MemoryLine {
    return new MemoryLine(this.server, this.runtime, role, onChange);
  }

  release(line: MemoryLine): void {
    this.open.delete(line);
    line.close();
    this.changed();
  }

  subscribe({ role, channels, optional, onMessage }: SubscriptionOptions): Subscription {
    const line = this.blocking(role);
    const isHeard = (): boolean => line.state === 'ready';
    const stop = this.server.listen({
      channels: [...channels, ...(optional?.channels ?? [])],
      onMessage: (channel, message) => {
        if (isHeard()) {
          this.runtime.setImmediate(() => isHeard() && onMessage(channel, message));
        }
      },
    });
    return {
      start: () => line.ready().catch(() => undefined),
      close: () => {
        stop();
        this.release(line);
      },
    };
  }

  /** Does nothing: there are no users. */
  needs(): () => void {
    return () => undefined;
  }

  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    return stateOfAll(this.open);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.events.on('state', listener);
    return () => this.events.off('state', listener);
  }

  get isReady(): boolean {
    return this.shared?.state === 'ready';
  }

  get isConnected(): boolean {
    return this.isReady;
  }

  async ready(): Promise<void> {
    await this.commands.ready();
  }

  usable(): Promise<void> {
    return this.ready();
  }

  get trouble(): ServerTroubleError | undefined {
    return this.server.isDisconnected
      ? new ServerTroubleError(`${this.serverName} is disconnected`, 'warn')
      : undefined;
  }

  async lost(): Promise<void> {
    if (!this.trouble) {
      await once(this.events, 'lost');
    }
  }

  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    return runUntilAnswered(this, operation, input);
  }

  close(): void {
    if (this.isClosed) {
      return;
    }
    this.isClosed = true;
    this.open.forEach((line) => line.close());
    this.changed();
    this.onClose();
  }

  private changed(): void {
    const { state } = this;
    if (state !== this.lastState) {
      this.lastState = state;
      this.events.emit('state', state);
    }
    if (this.trouble) {
      this.events.emit('lost');
    }
  }
}
