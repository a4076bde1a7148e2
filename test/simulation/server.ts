import type { Operation, Transaction } from '../../lib/driver/operation.js';
import type { Faults } from '../../lib/memory/faults.js';
import type { ServedLine } from '../../lib/memory/memory-server.js';
import type { WaitResult } from '../../lib/memory/waiters.js';
import { Keys } from '../../lib/protocol/keys.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import type { Random } from '../chaos/random.js';
import { ClusterServer } from './cluster-server.js';
import { copyOf } from './store-copy.js';
import { ServerLedger } from './server-ledger.js';
import { LinePlans } from './line-plans.js';
import type { ProcessRuntime } from './process-runtime.js';

/** Longest time to open a line again, ms. */
const LONGEST_REOPENING_MS = 1_500;

/** Longest time until the server notices a line that its process has lost, ms. */
const LONGEST_UNNOTICED_MS = 5_000;

/** A server whose lines have a delay, and which may notice lost lines late. */
export class SimulatedServer extends ClusterServer {
  readonly plans = new LinePlans();
  readonly serverLedger = new ServerLedger(() => this.own.now());
  /** Is called with each operation that is carried out. */
  onCarriedOut: (operation: string) => void = () => undefined;
  private readonly lineEnds = new Map<number, () => void>();
  /** Lines that their processes have lost, and whose loss the server has not noticed. */
  private readonly halfOpen = new Set<number>();
  /** Inputs of operations that have arrived. */
  private readonly arrived = new WeakSet<object>();

  constructor(own: ProcessRuntime, random: Random) {
    super(own, random);
    this.store.onPush = (key, elements) => this.serverLedger.pushedTo(key, elements);
    const delay: keyof Faults = 'delayMs';
    Object.defineProperty(this.faults, delay, { get: () => this.way() });
  }

  /** @returns how long it takes to open a line again, ms; `0` = at once. */
  reopenDelay(): number {
    return this.random.next() < 0.3 ? this.random.between(1, LONGEST_REOPENING_MS) : 0;
  }

  /** @returns whether the answers of a line that have not arrived yet came in the same packet as the one before. */
  arriveTogether(): boolean {
    return this.random.next() < 0.7;
  }

  /** Copies everything, as for a replica. @returns the owner that was copied, and a function that loses all later writes. */
  copy(): { readonly owner: string; lose(): string[] } {
    this.store.startOperation(this.now());
    const restore = copyOf(this.store);
    const noteLoss = this.serverLedger.remember(this.store);
    const lose = (): string[] => {
      this.store.startOperation(this.now());
      const lost = noteLoss();
      restore();
      return lost;
    };
    return { owner: this.runId, lose };
  }

  /** @returns the workers of a queue that the server knows, dead or alive. */
  workersOf(queue: string): string[] {
    this.store.startOperation(this.now());
    return [...(this.store.read('zset', new Keys().queue(queue).workers)?.keys() ?? [])];
  }

  /** Opens a line whose blocking operations time out by the server's own clock, whatever happens to the process. */
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

  /** Notes that a process loses a line, which the server notices later: what has arrived on the line is carried out. */
  loseHalf(identity: LineIdentity): void {
    this.halfOpen.add(identity.id);
    this.own.setTimeout(() => this.remove(identity), this.random.between(0, LONGEST_UNNOTICED_MS));
    this.lineEnds.get(identity.id)?.();
  }

  /** What arrives late on lines to the former owner is refused. */
  protected override changeOwner(runId?: string): void {
    this.openLines.filter((line) => this.isHalfOpen(line)).forEach((line) => this.remove(line));
    super.changeOwner(runId);
    this.serverLedger.ownerChanged();
  }

  isHalfOpen({ id }: LineIdentity): boolean {
    return this.halfOpen.has(id);
  }

  /** Carries out late what was sent before its line was lost, unless the server has noticed the loss by then. */
  arriveLate(identity: LineIdentity, carryOut: () => unknown): void {
    this.own.setTimeout(
      () => {
        if (this.isHalfOpen(identity)) {
          try {
            carryOut();
          } catch {
            // The refusal has no line to go to.
          }
        }
      },
      this.random.between(0, LONGEST_UNNOTICED_MS),
    );
  }

  /** Notes that an input is sent, perhaps not for the first time. */
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
    const output = this.serverLedger.noted(this.store, operation, input, () =>
      super.carryOut(operation, input),
    );
    this.onCarriedOut(operation.name);
    return output;
  }

  override transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Output {
    this.arrives(input);
    const output = this.serverLedger.noted(this.store, transaction, input, () =>
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
      if (!served.isRefused) {
        this.onCarriedOut(operation.name);
      }
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
