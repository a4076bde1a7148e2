import type { Step, Transaction } from '../../driver/operation.js';
import { isRefusal, meaningOfRefusal } from '../../driver/refusal.js';

/** Answers to MULTI, to each step and to EXEC. */
export type TransactionAnswers = readonly [
  multi: PromiseSettledResult<unknown>,
  queued: readonly PromiseSettledResult<unknown>[],
  done: PromiseSettledResult<readonly (readonly [error: Error | null, answer: unknown])[] | null>,
];

/** The connection that is tried. */
interface TriedConnection {
  /** @returns another value after each connect. */
  connection(): unknown;
  /** Sends EXEC alone. */
  exec(): Promise<unknown>;
  sendSteps(steps: readonly Step[]): Promise<TransactionAnswers>;
}

/** One trial. */
interface Trial {
  readonly connection: unknown;
  readonly refused: Promise<boolean>;
}

/** Answer of a server that knows EXEC and allows it. */
const EXEC_IS_ALLOWED = /without MULTI/i;

/** Result of the step of a trial whose key does not exist. */
const NO_SUCH_KEY = /no such key/i;

/**
 * Tries, once after each connect, whether the server accepts transactions: some refuse scripts in them, others MULTI, EXEC or RENAME.
 * This cannot be left to the first transaction: where MULTI alone is refused, the server carries out each of its commands, one
 * by one; and where EXEC alone is refused, it queues all that follows.
 */
export class TransactionTrials {
  private tried: Trial | undefined;

  /** @param onRefused - is called with the refusal of a trial. */
  constructor(
    private readonly parts: TriedConnection,
    private readonly onRefused: (refusal: Error) => void,
  ) {}

  /** @throws a temporary refusal, or the loss of the connection. */
  async isRefused<Input>(transaction: Transaction<Input, unknown>, input: Input): Promise<boolean> {
    for (;;) {
      const connection = this.parts.connection();
      const { tried: last } = this;
      const tried =
        last && last.connection === connection
          ? last
          : { connection, refused: this.try(transaction.trial(input)) };
      this.tried = tried;
      const isRefused = await this.resultOf(tried);
      if (connection === this.parts.connection()) {
        return isRefused;
      }
    }
  }

  /** Makes the next transaction try again. */
  forget(): void {
    this.tried = undefined;
  }

  private async resultOf(trial: Trial): Promise<boolean> {
    try {
      return await trial.refused;
    } catch (error) {
      if (this.tried === trial) {
        this.forget();
      }
      throw error;
    }
  }

  private async try(steps: readonly Step[]): Promise<boolean> {
    const refusal = (await this.refusalOfExec()) ?? refusalIn(await this.parts.sendSteps(steps));
    if (refusal) {
      this.onRefused(refusal);
    }
    return refusal !== undefined;
  }

  private async refusalOfExec(): Promise<Error | undefined> {
    try {
      await this.parts.exec();
      return undefined;
    } catch (error) {
      const refusal = permanentRefusal(error);
      return EXEC_IS_ALLOWED.test(refusal.message) ? undefined : refusal;
    }
  }
}

/** @returns the first permanent refusal among the answers. @throws any other error among them. */
function refusalIn([multi, queued, done]: TransactionAnswers): Error | undefined {
  const results = (done.status === 'fulfilled' && done.value) || [];
  const errors = [
    ...[multi, ...queued, done].flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    ),
    ...results.flatMap(([error]) => (error && !NO_SUCH_KEY.test(error.message) ? [error] : [])),
  ];
  return errors.map(permanentRefusal)[0];
}

/** @throws any other error. */
function permanentRefusal(error: unknown): Error {
  if (isRefusal(error) && meaningOfRefusal(error) === 'permanent') {
    return error;
  }
  throw error;
}
