import type { ConnectionState } from '../../lib/driver/connection-state.js';
import type { Line, LineServer, Outputs, Settled, StartCalls } from '../../lib/driver/line.js';
import type { Operation, Run, Transaction } from '../../lib/driver/operation.js';
import { ReplyError } from '../../lib/memory/reply-error.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import { Gate } from '../../lib/driver/gate.js';

/** What can be asked of a line. */
export type Asked<Input, Output> = Operation<Input, Output> | Transaction<Input, Output>;

/** What was asked of a line, until the test decides what comes of it. */
export class FakeCall<Input = unknown, Output = unknown> {
  isOpen = true;

  constructor(
    readonly name: string,
    readonly input: Input,
    private readonly resolve: (output: Output) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** It was carried out. */
  answer(output: Output): void {
    this.close(() => this.resolve(output));
  }

  /** It was not carried out. @param message - as Redis words it: `OOM ...`. */
  refuse(message: string): void {
    this.close(() => this.reject(new ReplyError(message)));
  }

  /** The answer never comes, and nobody knows whether it was carried out. */
  lose(): void {
    this.close(() => this.reject(new Error(`The answer to ${this.name} was lost`)));
  }

  private close(end: () => void): void {
    if (!this.isOpen) {
      throw new Error(`${this.name} has an answer already`);
    }
    this.isOpen = false;
    end();
  }
}

/**
 * A line whose answers a test gives: when, in which order, and whether there is one at all. It carries nothing out. What was asked and
 * how is in {@link asked}; {@link next} is what waits for the test.
 *
 * @example
 * ```ts
 * batcher.add(job);
 * await runtime.advanceAsync(0);
 * line.next(pushJobs).lose();
 * await runtime.advanceAsync(0);
 * line.next(pushJobs).answer({ outcome: 'pushed', queueLength: 1 });
 * ```
 */
export class FakeLine implements Line {
  state: ConnectionState = 'ready';
  isQuiet = false;
  identities: readonly LineIdentity[] = [];
  server: LineServer | undefined = { runId: 'fake' };
  lastRunId: string | undefined;
  private ownIdentity: LineIdentity | undefined;
  /** A new one is another way to the server. */
  path: unknown = 'fake path';
  /** All that was ever asked, in that order. */
  readonly asked: FakeCall[] = [];
  private readonly answers = new Map<string, (input: unknown) => unknown>();
  private readonly changes = new Gate();

  constructor(readonly role = 'commands') {}

  get identity(): LineIdentity | undefined {
    return this.ownIdentity;
  }

  set identity(identity: LineIdentity | undefined) {
    this.ownIdentity = identity;
    this.lastRunId = identity?.server ?? this.lastRunId;
  }

  /** What waits for an answer, in the order in which it was asked. */
  get open(): FakeCall[] {
    return this.asked.filter(({ isOpen }) => isOpen);
  }

  /** @returns the oldest call of an operation that waits for an answer. */
  next<Input, Output>(operation: Asked<Input, Output>): FakeCall<Input, Output> {
    const call = this.calls(operation).find(({ isOpen }) => isOpen);
    if (!call) {
      const open = this.open.map(({ name }) => name).join(', ') || 'nothing';
      const line = `the line ${this.role}`;
      throw new Error(`No ${operation.name} waits for an answer on ${line}, but ${open}`);
    }
    return call;
  }

  /** @returns the calls of one operation, in the order in which they were asked. */
  calls<Input, Output>({ name }: Asked<Input, Output>): FakeCall<Input, Output>[] {
    const calls = this.asked.filter((each) => each.name === name);
    return calls as unknown as FakeCall<Input, Output>[];
  }

  /** @returns what was ever asked of one operation. */
  inputsOf<Input, Output>(operation: Asked<Input, Output>): Input[] {
    return this.calls(operation).map(({ input }) => input);
  }

  /** Answers an operation from now on at once. @param answer - may throw a {@link ReplyError}. */
  always<Input, Output>({ name }: Asked<Input, Output>, answer: (input: Input) => Output): void {
    this.answers.set(name, answer as (input: unknown) => unknown);
    this.open.filter((each) => each.name === name).forEach((call) => this.answerBy(call));
  }

  /** The line is lost with all that waits for an answer. */
  break(): void {
    this.end('reconnecting');
  }

  /** There is a line again after {@link break}, by another path. */
  mend(): void {
    this.state = 'ready';
    this.path = Symbol('another path');
    this.changes.wake();
  }

  /** For good. */
  close(): void {
    this.end('closed');
  }

  async ready(): Promise<void> {
    await this.changes.until(() => this.state !== 'reconnecting');
    if (this.state === 'closed') {
      throw new Error(`The line ${this.role} is closed`);
    }
  }

  readonly run: Run = (operation, input) => this.ask(operation.name, input);

  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Promise<Output> {
    return this.ask(transaction.name, input);
  }

  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return Promise.allSettled(start(this.run));
  }

  async all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>> {
    const calls = start(this.run);
    await Promise.allSettled(calls);
    return Promise.all(calls);
  }

  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    return { output: this.run(operation, input), calls: start(this.run) };
  }

  cut(identity: LineIdentity): Promise<boolean> {
    return this.ask('cut', identity);
  }

  unblock(identity: LineIdentity): Promise<void> {
    return this.ask('unblock', identity);
  }

  private ask<Output>(name: string, input: unknown): Promise<Output> {
    if (this.state !== 'ready') {
      return Promise.reject(new Error(`The line ${this.role} is ${this.state}`));
    }
    return new Promise<Output>((resolve, reject) => {
      const call = new FakeCall<unknown, unknown>(
        name,
        input,
        resolve as (output: unknown) => void,
        reject,
      );
      this.asked.push(call);
      this.answerBy(call);
    });
  }

  private answerBy(call: FakeCall): void {
    const answer = this.answers.get(call.name);
    if (!answer) {
      return;
    }
    try {
      call.answer(answer(call.input));
    } catch (error) {
      if (!(error instanceof ReplyError)) {
        throw error;
      }
      call.refuse(error.message);
    }
  }

  private end(state: ConnectionState): void {
    this.state = state;
    this.open.forEach((call) => call.lose());
    this.changes.wake();
  }
}
