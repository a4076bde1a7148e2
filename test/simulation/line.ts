import type { Operation, Transaction } from '../../lib/driver/operation.js';
import { MemoryLine } from '../../lib/memory/memory-line.js';
import { waitOf } from '../../lib/memory/operations/all.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import { Inbox } from './inbox.js';
import type { Loss } from './line-plans.js';
import type { ProcessRuntime } from './process-runtime.js';
import { SentOperations, type Sent } from './sent-operations.js';
import type { SimulatedServer } from './server.js';

/** Is called when a line is lost as planned, or takes some time to reconnect. */
export type OnTrouble = (what: string, costs: 'answers' | 'workers', ms: number) => void;

/** A line on which answers take some time, and which is lost where that is planned. */
export class SimulatedLine extends MemoryLine {
  private readonly inbox: Inbox;
  private readonly sent = new SentOperations();
  /** Earlier connections, whose loss the server may not have noticed yet. */
  private former: LineIdentity[] = [];
  private isReopening = false;

  constructor(
    private readonly simulated: SimulatedServer,
    private readonly process: ProcessRuntime,
    role: string,
    private readonly onTrouble: OnTrouble,
    onChange: () => void,
  ) {
    super(simulated, process, role, () => {
      if (!this.identity) {
        this.inbox.lose();
      }
      onChange();
    });
    this.inbox = new Inbox(process, simulated, (refusal) => this.replace(refusal));
  }

  /** Makes the server close earlier connections first, as a connection to Redis does. */
  override async ready(): Promise<void> {
    await super.ready();
    this.cutFormer();
  }

  /** Opens the line. After a loss, or while nodes lead to a wrong one, that may take a while, in which other lines go on. */
  override open(): void {
    if (this.isReopening) {
      return;
    }
    const reopening = this.state === 'reconnecting' ? this.simulated.reopenDelay() : 0;
    const ms = Math.max(reopening, this.simulated.searchTime());
    if (ms === 0) {
      super.open();
      return;
    }
    this.isReopening = true;
    this.onTrouble(`needs time to open the line ${this.name}`, 'workers', ms);
    this.process.setTimeout(() => {
      this.isReopening = false;
      super.open();
    }, ms);
  }

  override get identities(): readonly LineIdentity[] {
    const halfOpen = this.former.filter((each) => this.simulated.isHalfOpen(each));
    return this.identity ? [...halfOpen, this.identity] : halfOpen;
  }

  override run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    const isWait = waitOf(operation) !== undefined;
    const sent: Sent = {
      input,
      isWait,
      carryOut: (identity) =>
        this.simulated.serving(identity, () =>
          isWait
            ? this.simulated.wait(operation, input, identity, () => undefined)
            : this.simulated.carryOut(operation, input),
        ),
    };
    return this.send(operation.name, sent, () => super.run(operation, input));
  }

  override transact<Input, Output>(
    transaction: Transaction<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const { simulated } = this;
    const carryOut = (identity: LineIdentity): Output =>
      simulated.serving(identity, () => simulated.transact(transaction, input));
    const sent: Sent = { input, isWait: false, carryOut };
    return this.send(transaction.name, sent, () => super.transact(transaction, input));
  }

  override cut(identity: LineIdentity): Promise<boolean> {
    return this.send('cut', undefined, () => super.cut(identity));
  }

  override unblock(identity: LineIdentity): Promise<void> {
    return this.send('unblock', undefined, () => super.unblock(identity));
  }

  protected override serve<Output>(call: () => Output): Output {
    const { identity } = this;
    return identity ? this.simulated.serving(identity, call) : call();
  }

  /** Loses the line; the server notices later. */
  loseHalf(): void {
    const { identity } = this;
    if (!identity) {
      return;
    }
    const arriving = this.sent.arriving((input) => this.simulated.hasArrived(input));
    this.former = [...this.former.filter((each) => this.simulated.isHalfOpen(each)), identity];
    this.simulated.loseHalf(identity);
    if (arriving.length > 0) {
      this.simulated.arriveLate(identity, () =>
        arriving.forEach((sent) => sent.carryOut(identity)),
      );
    }
  }

  private tellLoss(loss: Loss, operation: string): void {
    this.onTrouble(`loses the line ${this.name} (${loss}) at ${operation}`, 'answers', 0);
  }

  /** Closes the line, because its server is the wrong one, and opens it again, as a connection to Redis does. */
  private replace({ message }: Error): void {
    const { identity } = this;
    if (identity) {
      this.onTrouble(`replaces the line ${this.name}: ${message}`, 'answers', 0);
      this.simulated.cut(identity);
    }
  }

  /** Another server than that of the line cannot close a former one. */
  private cutFormer(): void {
    for (const each of this.former) {
      if (this.simulated.isHalfOpen(each) && each.server === this.identity?.server) {
        this.simulated.cut(each);
      }
    }
    this.former = [];
  }

  private send<Output>(
    name: string,
    sent: Sent | undefined,
    send: () => Promise<Output>,
  ): Promise<Output> {
    const { identity, simulated, process } = this;
    if (!process.isAlive) {
      return new Promise(() => undefined);
    }
    if (identity) {
      this.cutFormer();
      this.planLoss(name);
    }
    simulated.sends(sent?.input);
    const answer = send();
    if (sent) {
      this.sent.add(sent, answer);
    }
    return this.inbox.later(answer, (output) => {
      if (identity && !isNothing(output) && simulated.plans.take(name, 'answer')) {
        this.tellLoss('answer', name);
        simulated.cut(identity);
      }
    });
  }

  private planLoss(name: string): void {
    const { plans } = this.simulated;
    const loss =
      plans.take(name, 'closed', 'half') ?? plans.take(`${name} on ${this.name}`, 'closed', 'half');
    if (!loss) {
      return;
    }
    const lose = (): void => {
      const { identity } = this;
      if (identity) {
        this.tellLoss(loss, name);
        if (loss === 'half') {
          this.loseHalf();
        } else {
          this.simulated.cut(identity);
        }
      }
    };
    const ms = this.simulated.way();
    if (ms === 0) {
      this.process.setImmediate(lose);
    } else {
      this.process.setTimeout(lose, ms);
    }
  }
}

/** Whether an operation moved nothing, so that its lost answer would make no difference. */
const isNothing = (output: unknown): boolean =>
  output === null || (Array.isArray(output) && output.length === 0);
