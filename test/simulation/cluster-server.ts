import { MemoryServer } from '../../lib/memory/memory-server.js';
import { ReplyError } from '../../lib/memory/reply-error.js';
import type { WaitResult } from '../../lib/memory/waiters.js';
import type { Operation, Transaction } from '../../lib/driver/operation.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import { HashSlot } from './hash-slot.js';
import type { ProcessRuntime } from './process-runtime.js';

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

  constructor(
    protected readonly own: ProcessRuntime,
    epochOffset: number,
  ) {
    super('memory://simulation', own, epochOffset);
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

  /** Makes a node the owner of all keys, by default a new one. */
  changeOwner(runId: string = this.own.randomUUID()): void {
    this.slot.endMigration();
    this.owner = runId;
  }

  /** Ends all blocked operations. @param answerDelay - returns when a line gets that answer, ms. */
  endWaits(refusal: string, answerDelay: () => number): void {
    this.waitRefusal = new ReplyError(refusal);
    this.answerDelay = answerDelay;
    this.openLines.forEach((line) => this.unblock(line));
    this.waitRefusal = undefined;
  }

  private answerDelay: () => number = () => 0;

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
