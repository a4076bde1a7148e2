import type { ConnectionState } from '../driver/connection-state.js';
import type { Line, LineServer, Outputs, Settled, StartCalls } from '../driver/line.js';
import type { Operation, Run, Transaction } from '../driver/operation.js';
import type { Runtime } from '../driver/runtime.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import { LineCalls, type Execute } from './line-calls.js';
import type { MemoryServer } from './memory-server.js';
import { waitOf } from './operations/all.js';
import { Gate } from '../driver/gate.js';

/** One line to a server in this process. Its operations run in order, one turn of the event loop later. */
export class MemoryLine implements Line {
  identity: LineIdentity | undefined;
  lastRunId: string | undefined;
  readonly isQuiet = false;
  private isClosed = false;
  private isOpening = false;
  private wasReady = false;
  private losses = 0;
  private readonly calls: LineCalls;
  private readonly changes = new Gate();

  /** @param onChange - is called at every change of {@link state}. */
  constructor(
    private readonly source: MemoryServer,
    private readonly runtime: Runtime,
    readonly name: string,
    private readonly onChange: () => void,
  ) {
    this.calls = new LineCalls(source, runtime, name, () => this.identity);
  }

  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    if (this.identity) {
      return 'ready';
    }
    return this.wasReady ? 'reconnecting' : this.isOpening ? 'connecting' : 'idle';
  }

  get identities(): readonly LineIdentity[] {
    return this.identity ? [this.identity] : [];
  }

  get server(): LineServer | undefined {
    return this.identity && { runId: this.identity.server };
  }

  get path(): unknown {
    return `${this.identity?.server} ${this.losses}`;
  }

  async ready(): Promise<void> {
    while (!this.identity) {
      if (this.isClosed) {
        throw new Error(`Connection "${this.name}" is closed`);
      }
      this.open();
      await this.changes.next();
    }
  }

  /** Starts to connect, if that has not happened yet. */
  open(): void {
    if (!this.isOpening && !this.isClosed && !this.identity) {
      this.isOpening = true;
      this.runtime.setImmediate(() => this.connect());
      this.changed();
    }
  }

  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    const isWait = waitOf(operation) !== undefined;
    return this.sendCall(operation.name, isWait, (identity, onEnd) =>
      isWait
        ? this.source.wait(operation, input, identity, onEnd)
        : this.source.carryOut(operation, input),
    );
  }

  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Promise<Output> {
    return this.sendCall(transaction.name, false, () => this.source.transact(transaction, input));
  }

  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return Promise.allSettled(start(this.runCall));
  }

  async all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>> {
    const calls = start(this.runCall);
    await Promise.allSettled(calls);
    return Promise.all(calls);
  }

  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    return { output: this.run(operation, input), calls: start(this.runCall) };
  }

  async cut(identity: LineIdentity): Promise<boolean> {
    await this.sendCall('cut', false, () => this.source.cut(identity));
    return true;
  }

  unblock(identity: LineIdentity): Promise<void> {
    return this.sendCall('unblock', false, () => this.source.unblock(identity));
  }

  close(): void {
    this.isClosed = true;
    this.calls.executeBeforeClose();
    if (this.identity) {
      this.source.remove(this.identity);
    }
    this.lose();
  }

  /** Has the server serve a call. The simulation overrides it. */
  protected serve<Output>(call: () => Output): Output {
    return call();
  }

  private sendCall<Output>(name: string, blocks: boolean, execute: Execute): Promise<Output> {
    return this.calls.send(name, blocks, (identity, onEnd) =>
      this.serve(() => execute(identity, onEnd)),
    );
  }

  private readonly runCall: Run = (operation, input) => this.run(operation, input);

  private connect(): void {
    if (this.source.isDisconnected) {
      this.source.onceReconnected(() => this.connect());
      return;
    }
    this.isOpening = false;
    if (this.isClosed) {
      return;
    }
    this.wasReady = true;
    this.identity = this.source.open({ runtime: this.runtime, onCut: () => this.cutOff() });
    this.lastRunId = this.identity.server;
    this.changed();
  }

  /** Opens the line again, because the server has closed it. */
  private cutOff(): void {
    this.losses++;
    this.lose();
    this.open();
  }

  private lose(): void {
    this.identity = undefined;
    this.calls.fail();
    this.changed();
  }

  private changed(): void {
    this.onChange();
    this.changes.wake();
  }
}
