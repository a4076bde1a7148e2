import { MemoryServer } from '../../lib/memory/memory-server.js';
import { ReplyError } from '../../lib/memory/reply-error.js';
import type { WaitResult } from '../../lib/memory/waiters.js';
import type { Operation, Transaction } from '../../lib/driver/operation.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import type { Random } from '../chaos/random.js';
import { HashSlot } from './hash-slot.js';
import type { ProcessRuntime } from './process-runtime.js';

/** The time of the server at the start, ms since the epoch. */
const EPOCH = 1_800_000_000_000;

/** Longest way of an operation, and of an answer, ms. */
const LONGEST_WAY_MS = 3;

/** Longest time until a node tells blocked lines that their slot has moved, ms. */
const LONGEST_HEARING_MS = 1_000;

/**
 * The nodes of a Cluster with one hash slot, which has all keys. One node owns it; lines to another node stay open, and their
 * operations are refused.
 */
export class ClusterServer extends MemoryServer {
  readonly slot = new HashSlot((key) => this.store.has(key));
  /** The `run_id` of the owner. */
  private owner = super.runId;
  /** The `run_id` of the node that serves a call now; `undefined` outside of calls. */
  private node: string | undefined;
  /** What blocked operations are ended with now, in place of an output. */
  private waitRefusal: ReplyError | undefined;
  /** Returns when a blocked line hears that, ms. */
  private answerDelay: () => number = () => 0;
  /** From when on all nodes know the owner of the slot. */
  private agreedAt = 0;

  constructor(
    protected readonly own: ProcessRuntime,
    protected readonly random: Random,
  ) {
    super('memory://simulation', own, EPOCH);
  }

  override get runId(): string {
    return this.owner;
  }

  /** The lines of the node that serves a call; outside of calls, those of all nodes. */
  override get openLines(): readonly LineIdentity[] {
    return super.openLines.filter((line) => this.isSeen(line));
  }

  /** Serves a call of a line, at the node that the line leads to. */
  serving<Output>({ server }: LineIdentity, call: () => Output): Output {
    this.node = server;
    try {
      return call();
    } finally {
      this.node = undefined;
    }
  }

  /** @returns how long nodes still lead a new line to a node that does not own the slot, ms. */
  searchTime(): number {
    const left = this.agreedAt - this.own.now();
    return left > 0 && this.random.next() < 0.7 ? left : 0;
  }

  /**
   * Lets another node take over. Lines to the former one stay open, unless they block.
   * @param to - the `run_id` of the other node; by default that of a new one.
   * @param searchTime - how long some nodes do not know of the new owner, ms.
   */
  takeOver(how: 'failover' | 'migration', searchTime: number, to?: string): void {
    if (how === 'failover') {
      this.endWaits('UNBLOCKED the instance is a replica now', () => this.way());
    } else {
      this.endWaits('MOVED 4711 127.0.0.1:7002', () => this.random.between(0, LONGEST_HEARING_MS));
    }
    this.changeOwner(to);
    this.agreedAt = this.own.now() + searchTime;
  }

  /** Moves some keys to the next owner of the slot. @param share - how many of all. */
  moveKeys(share: number): void {
    this.store.keys
      .filter(() => this.random.next() < share)
      .forEach((key) => this.slot.moveKey(key));
  }

  /** @returns how long one operation or answer is on its way, ms. */
  way(): number {
    return Math.floor(this.random.between(0, LONGEST_WAY_MS + 1));
  }

  /** Makes a node the owner of all keys, by default a new one. */
  protected changeOwner(runId: string = this.own.randomUUID()): void {
    this.slot.endMigration();
    this.owner = runId;
  }

  /** Ends all blocked operations. @param answerDelay - returns when a line gets that answer, ms. */
  private endWaits(refusal: string, answerDelay: () => number): void {
    this.waitRefusal = new ReplyError(refusal);
    this.answerDelay = answerDelay;
    this.openLines.forEach((line) => this.unblock(line));
    this.waitRefusal = undefined;
  }

  override cut(identity: LineIdentity): void {
    if (this.isSeen(identity)) {
      super.cut({ ...identity, server: this.owner });
    }
  }

  override unblock(identity: LineIdentity): void {
    if (this.isSeen(identity)) {
      super.unblock({ ...identity, server: this.owner });
    }
  }

  override carryOut<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    this.slot.check(operation, input, this.isOwner);
    return super.carryOut(operation, input);
  }

  override transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Output {
    this.slot.checkAll(transaction.steps(input), this.isOwner);
    return super.transact(transaction, input);
  }

  override wait<Input>(
    operation: Operation<Input, unknown>,
    input: Input,
    identity: LineIdentity,
    onEnd: (served: WaitResult) => void,
  ): void {
    this.slot.check(operation, input, this.isOwner);
    super.wait(operation, input, identity, (served) => {
      const { waitRefusal: refusal } = this;
      if (refusal) {
        this.refuseLater(identity, () => onEnd({ isRefused: true, refusal }));
      } else {
        onEnd(served);
      }
    });
  }

  private refuseLater({ id }: LineIdentity, refuse: () => void): void {
    this.own.setTimeout(() => {
      if (this.openLines.some((line) => line.id === id)) {
        refuse();
      }
    }, this.answerDelay());
  }

  private get isOwner(): boolean {
    return this.node === undefined || this.node === this.owner;
  }

  private isSeen({ server }: LineIdentity): boolean {
    return this.node === undefined || this.node === server;
  }
}
