import type { Operation, Transaction } from '../driver/operation.js';
import type { Runtime } from '../driver/runtime.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import { Faults } from './faults.js';
import { carryOutOf, waitOf } from './operations/all.js';
import type { OperationContext } from './operations/carry-out.js';
import { Store } from './store.js';
import { Waiters, type WaitResult } from './waiters.js';

/** A line, as the server knows it. */
export interface ServedLine {
  readonly identity: LineIdentity;
  readonly runtime: Runtime;
  /** Is called when the server closes the line. */
  onCut(): void;
}

/** A listener to channels. */
export interface Listener {
  readonly channels: readonly string[];
  onMessage(channel: string, message: string): void;
}

/** A substitute for Redis in this process: keys, lines, channels and a clock. */
export class MemoryServer {
  readonly store = new Store();
  readonly faults = new Faults();
  private readonly waiters = new Waiters(this.store);
  private readonly lines = new Map<number, ServedLine>();
  private readonly listeners = new Set<Listener>();
  private lastId = 0;
  private disconnected = false;
  private reconnectListeners: (() => void)[] = [];
  private readonly site: OperationContext;
  private readonly firstRunId: string;

  /**
   * @param name - the name of the server in messages.
   * @param epochOffset - ms to add to the runtime's clock to get ms since the epoch.
   */
  constructor(
    readonly name: string,
    private readonly runtime: Runtime,
    private readonly epochOffset = Date.now() - runtime.now(),
  ) {
    this.firstRunId = runtime.randomUUID();
    const openLines = (): readonly LineIdentity[] => this.openLines;
    this.site = {
      store: this.store,
      get lines() {
        return openLines();
      },
      publish: (channel, message) => this.publish(channel, message),
    };
  }

  /** Unique id of this server. In the simulation, another server may take over. */
  get runId(): string {
    return this.firstRunId;
  }

  /** @returns ms since the epoch. */
  readonly now = (): number => Math.floor(this.runtime.now() + this.epochOffset);

  get openLines(): readonly LineIdentity[] {
    return [...this.lines.values()].map(({ identity }) => identity);
  }

  /** @returns the identity of the new line. */
  open(line: Omit<ServedLine, 'identity'>): LineIdentity {
    const id = ++this.lastId;
    const identity = { id, address: `memory:${id}`, server: this.runId };
    this.lines.set(id, { ...line, identity });
    return identity;
  }

  /** Removes a line that the client has closed. */
  remove({ id }: LineIdentity): void {
    this.lines.delete(id);
    this.waiters.remove(id);
  }

  /** Closes a line of this server. */
  cut({ id, address, server }: LineIdentity): void {
    const line = this.lines.get(id);
    if (line && server === this.runId && line.identity.address === address) {
      this.remove(line.identity);
      line.onCut();
    }
  }

  /** Whether no line can be opened. */
  get isDisconnected(): boolean {
    return this.disconnected;
  }

  /** Closes all lines. No line can be opened until {@link reconnect}. */
  disconnect(): void {
    this.disconnected = true;
    this.openLines.forEach((line) => this.cut(line));
  }

  reconnect(): void {
    this.disconnected = false;
    this.reconnectListeners.splice(0).forEach((work) => work());
  }

  onceReconnected(work: () => void): void {
    this.reconnectListeners.push(work);
  }

  unblock({ id, server }: LineIdentity): void {
    if (server === this.runId) {
      this.waiters.timeOut(id);
    }
  }

  /** @throws ReplyError if it is refused. */
  carryOut<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    this.faults.check(operation.name);
    const output = this.runOperation(operation, input);
    this.waiters.serve();
    return output;
  }

  /** @throws ReplyError if it is refused. */
  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Output {
    this.faults.check(transaction.name);
    const results = transaction.steps(input).map((step): PromiseSettledResult<unknown> => {
      try {
        return { status: 'fulfilled', value: this.runOperation(step.operation, step.input) };
      } catch (reason) {
        return { status: 'rejected', reason };
      }
    });
    this.waiters.serve();
    return transaction.read(results, input);
  }

  /** Runs an operation that may block. @throws ReplyError if it is refused at once. */
  wait<Input>(
    operation: Operation<Input, unknown>,
    input: Input,
    { id }: LineIdentity,
    onEnd: (served: WaitResult) => void,
  ): void {
    this.faults.check(operation.name);
    const wait = waitOf(operation);
    const line = this.lines.get(id);
    if (wait && line) {
      this.store.startOperation(this.now());
      this.waiters.add(id, wait, input, line.runtime, onEnd);
      this.waiters.serve();
    }
  }

  /** @returns a function that stops listening. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private publish(channel: string, message: string): void {
    for (const listener of this.listeners) {
      if (listener.channels.includes(channel)) {
        listener.onMessage(channel, message);
      }
    }
  }

  private runOperation<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    this.store.startOperation(this.now());
    return carryOutOf(operation)(this.site, input);
  }
}
