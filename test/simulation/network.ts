import type { Operation } from '../../lib/driver/operation.js';
import { isRefusal } from '../../lib/driver/refusal.js';
import { MemoryDriver } from '../../lib/memory/memory-driver.js';
import type { MemoryLine } from '../../lib/memory/memory-line.js';
import { MemoryServer, type ServedLine } from '../../lib/memory/memory-server.js';
import type { Served } from '../../lib/memory/waiters.js';
import { Keys } from '../../lib/protocol/keys.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import type { Random } from '../chaos/random.js';
import { Books } from './books.js';
import type { ProcessRuntime } from './process-runtime.js';

/** What the clock of the server shows at first, ms since the epoch. */
const EPOCH = 1_800_000_000_000;

/** How long what is sent and what is answered is on its way at most, ms. */
const LONGEST_WAY_MS = 3;

/** A server whose lines take their time, and break when they are told. */
export class SimulatedServer extends MemoryServer {
  private readonly onLost = new Map<number, () => void>();
  private readonly losses = new Plan();
  private readonly breaks = new Plan();
  readonly books = new Books();
  /** Hears of what is carried out. */
  onCarriedOut: (operation: string) => void = () => undefined;

  constructor(
    private readonly own: ProcessRuntime,
    private readonly random: Random,
  ) {
    super('memory://simulation', own, EPOCH);
    Object.defineProperty(this.faults, 'delay', { get: () => this.way() });
  }

  /** @returns how long something is on its way, ms. */
  way(): number {
    return Math.floor(this.random.between(0, LONGEST_WAY_MS + 1));
  }

  /** The line that the next operation of that name is asked on breaks, before or after it is carried out. */
  breakAt(operation: string): void {
    this.breaks.add(operation);
  }

  /** The next operation of that name is carried out, and the line breaks before the answer arrives. */
  loseAnswer(operation: string): void {
    this.losses.add(operation);
  }

  breaksAt(operation: string): boolean {
    return this.breaks.take(operation);
  }

  losesAnswer(operation: string): boolean {
    return this.losses.take(operation);
  }

  /** Nothing goes wrong any more of what was planned. */
  heal(): void {
    this.breaks.clear();
    this.losses.clear();
  }

  /** @returns the workers of a queue that somebody has still to forget, those that are alive included. */
  workersOf(queue: string): string[] {
    this.store.beginAt(this.now());
    return [...(this.store.read('zset', new Keys().queue(queue).workers)?.keys() ?? [])];
  }

  /** @param onLost - hears of the end of the line. */
  watchLine({ id }: LineIdentity, onLost: () => void): void {
    this.onLost.set(id, onLost);
  }

  /** The waits of a line end by the server's own time, whatever becomes of the process. */
  override open(line: Omit<ServedLine, 'identity'>): LineIdentity {
    return super.open({ onCut: () => line.onCut(), runtime: this.own });
  }

  override carryOut<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    const output = super.carryOut(operation, input);
    this.books.carriedOut(operation, input, output);
    this.onCarriedOut(operation.name);
    return output;
  }

  override wait<Input>(
    operation: Operation<Input, unknown>,
    input: Input,
    identity: LineIdentity,
    onServed: (served: Served) => void,
  ): void {
    super.wait(operation, input, identity, (served) => {
      this.onCarriedOut(operation.name);
      onServed(served);
    });
  }

  override forget(identity: LineIdentity): void {
    super.forget(identity);
    const onLost = this.onLost.get(identity.id);
    this.onLost.delete(identity.id);
    onLost?.();
  }
}

/** How often something is to happen at operations of a name. */
class Plan {
  private readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** @returns whether it happens now. */
  take(name: string): boolean {
    const left = this.counts.get(name) ?? 0;
    this.counts.set(name, Math.max(0, left - 1));
    return left > 0;
  }

  clear(): void {
    this.counts.clear();
  }
}

/** The lines of one process, on which answers are on their way for a while, or until the line is lost. */
export class SimulatedDriver extends MemoryDriver {
  /** Those that were ever opened. */
  readonly lines: MemoryLine[] = [];

  constructor(
    private readonly simulated: SimulatedServer,
    private readonly process: ProcessRuntime,
  ) {
    super(simulated, process);
  }

  override blocking(role: string): MemoryLine {
    const line = super.blocking(role);
    const inbox = new Inbox(this.process, this.simulated);
    const run = line.run.bind(line);
    const transact = line.transact.bind(line);
    line.run = (operation, input) =>
      this.ask(line, inbox, operation.name, () => run(operation, input));
    line.transact = (transaction, input) =>
      this.ask(line, inbox, transaction.name, () => transact(transaction, input));
    this.lines.push(line);
    return line;
  }

  private ask<Output>(
    line: MemoryLine,
    inbox: Inbox,
    name: string,
    send: () => Promise<Output>,
  ): Promise<Output> {
    if (!this.process.isAlive) {
      return new Promise(() => undefined);
    }
    const { identity } = line;
    if (identity) {
      this.simulated.watchLine(identity, () => inbox.lose());
      if (this.simulated.breaksAt(name)) {
        this.process.setImmediate(() => this.simulated.cut(identity));
      }
    }
    const answer = send();
    return inbox.later(answer, () => {
      if (identity && this.simulated.losesAnswer(name)) {
        this.simulated.cut(identity);
      }
    });
  }
}

/** What was answered on one line and has not arrived yet. */
class Inbox {
  private coming: { arrive(): void; lose(): void }[] = [];
  private losses = 0;

  constructor(
    private readonly process: ProcessRuntime,
    private readonly server: SimulatedServer,
  ) {}

  /**
   * Answers arrive in their order. That the line was lost is known at once.
   * @param onAnswered - is called when it is on its way.
   */
  later<Output>(answer: Promise<Output>, onAnswered: () => void): Promise<Output> {
    const { losses } = this;
    return new Promise((resolve, reject) => {
      const onWay = (arrive: () => void): void => {
        if (losses !== this.losses) {
          arrive(); // it came before the line was lost
          return;
        }
        this.coming.push({
          arrive,
          lose: () => reject(new Error('The line was lost before the answer had arrived')),
        });
        this.schedule();
        onAnswered();
      };
      answer.then(
        (output) => onWay(() => resolve(output)),
        (error: unknown) => (isRefusal(error) ? onWay(() => reject(error)) : reject(error)),
      );
    });
  }

  lose(): void {
    this.losses++;
    this.coming.splice(0).forEach(({ lose }) => lose());
  }

  private schedule(): void {
    const arrive = (): void => this.coming.shift()?.arrive();
    const ms = this.server.way();
    if (ms === 0) {
      this.process.setImmediate(arrive);
    } else {
      this.process.setTimeout(arrive, ms);
    }
  }
}
