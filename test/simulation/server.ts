import type { Operation, Transaction } from '../../lib/driver/operation.js';
import { MemoryServer, type ServedLine } from '../../lib/memory/memory-server.js';
import type { WaitResult } from '../../lib/memory/waiters.js';
import { Keys } from '../../lib/protocol/keys.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import type { Random } from '../chaos/random.js';
import { Books } from './books.js';
import { LinePlans } from './line-plans.js';
import type { ProcessRuntime } from './process-runtime.js';

/** What the clock of the server shows at first, ms since the epoch. */
const EPOCH = 1_800_000_000_000;

/** How long what is sent and what is answered is on its way at most, ms. */
const LONGEST_WAY_MS = 3;

/** How long it takes at most to open a line again, ms. */
const LONGEST_REOPENING_MS = 1_500;

/** How long after a process the server hears at most that a line is lost, ms. */
const LONGEST_DEAFNESS_MS = 5_000;

/** A server whose lines take their time, and that does not hear at once of all that are lost. */
export class SimulatedServer extends MemoryServer {
  readonly plans = new LinePlans();
  readonly books = new Books(() => this.own.now());
  /** Hears of what is carried out. */
  onCarriedOut: (operation: string) => void = () => undefined;
  private readonly lineEnds = new Map<number, () => void>();
  /** Lines that their processes have lost, and of which the server has not heard that. */
  private readonly halfOpen = new Set<number>();
  /** The inputs that have arrived. */
  private readonly arrived = new WeakSet<object>();

  constructor(
    private readonly own: ProcessRuntime,
    private readonly random: Random,
  ) {
    super('memory://simulation', own, EPOCH);
    this.store.onPush = (key, elements) => this.books.pushedTo(key, elements);
    Object.defineProperty(this.faults, 'delay', { get: () => this.way() });
  }

  /** @returns how long something is on its way, ms. */
  way(): number {
    return Math.floor(this.random.between(0, LONGEST_WAY_MS + 1));
  }

  /** @returns how long it takes to open a line again, ms; 0 = it is tried at once. */
  reopenDelay(): number {
    return this.random.next() < 0.3 ? this.random.between(1, LONGEST_REOPENING_MS) : 0;
  }

  /** @returns the workers of a queue that somebody has still to forget, those that are alive included. */
  workersOf(queue: string): string[] {
    this.store.startOperation(this.now());
    return [...(this.store.read('zset', new Keys().queue(queue).workers)?.keys() ?? [])];
  }

  /** The waits of a line end by the server's own time, whatever becomes of the process. */
  override open(line: Omit<ServedLine, 'identity'>): LineIdentity {
    const identity = super.open({
      onCut: () => this.lineEnds.get(identity.id)?.(),
      runtime: this.own,
    });
    this.lineEnds.set(identity.id, () => {
      this.lineEnds.delete(identity.id);
      line.onCut();
    });
    return identity;
  }

  /** A process loses a line, and the server does not hear of that yet: what has arrived on it goes on. */
  loseHalf(identity: LineIdentity): void {
    this.halfOpen.add(identity.id);
    this.own.setTimeout(() => this.remove(identity), this.random.between(0, LONGEST_DEAFNESS_MS));
    this.lineEnds.get(identity.id)?.();
  }

  isHalfOpen({ id }: LineIdentity): boolean {
    return this.halfOpen.has(id);
  }

  /** Something that was sent before its line was lost arrives, unless the server has heard of the loss by then. */
  arriveLate(identity: LineIdentity, carryOut: () => unknown): void {
    this.own.setTimeout(
      () => {
        if (this.isHalfOpen(identity)) {
          try {
            carryOut();
          } catch {
            // It is refused, which nobody hears.
          }
        }
      },
      this.random.between(0, LONGEST_DEAFNESS_MS),
    );
  }

  /** Something is sent, perhaps not for the first time. */
  sends(input: unknown): void {
    if (typeof input === 'object' && input !== null) {
      this.arrived.delete(input);
    }
  }

  hasArrived(input: unknown): boolean {
    return typeof input !== 'object' || input === null || this.arrived.has(input);
  }

  override carryOut<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    this.arrives(input);
    const output = this.books.noted(this.store, operation, input, () =>
      super.carryOut(operation, input),
    );
    this.onCarriedOut(operation.name);
    return output;
  }

  override transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Output {
    this.arrives(input);
    const output = this.books.noted(this.store, transaction, input, () =>
      super.transact(transaction, input),
    );
    this.onCarriedOut(transaction.name);
    return output;
  }

  override wait<Input>(
    operation: Operation<Input, unknown>,
    input: Input,
    identity: LineIdentity,
    onServed: (served: WaitResult) => void,
  ): void {
    this.arrives(input);
    super.wait(operation, input, identity, (served) => {
      this.onCarriedOut(operation.name);
      if (!this.isHalfOpen(identity)) {
        onServed(served);
      }
    });
  }

  override remove(identity: LineIdentity): void {
    super.remove(identity);
    this.halfOpen.delete(identity.id);
  }

  private arrives(input: unknown): void {
    if (typeof input === 'object' && input !== null) {
      this.arrived.add(input);
    }
  }
}
