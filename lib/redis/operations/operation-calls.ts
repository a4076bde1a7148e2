import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import type { Outputs, Settled, StartCalls } from '../../driver/line.js';
import type { Command, Operation, Run, Script, Step, Transaction } from '../../driver/operation.js';
import { codeOfRefusal, isRefusal } from '../../driver/refusal.js';
import { argumentsOf, digestOf } from './script.js';
import { TransactionTrials, type TransactionAnswers } from './transaction-trials.js';

type Method = (...args: unknown[]) => Promise<unknown>;

/** Watches calls until they are answered. */
interface Watch {
  watch<Answer>(call: Promise<Answer>): Promise<Answer>;
}

/** Sends operations over one connection of ioredis, as commands and as scripts. */
export class OperationCalls {
  /** Private, so that `util.inspect` does not show the password. */
  readonly #redis: Redis;
  /** Names of the scripts that were defined in ioredis. */
  private readonly defined = new Set<string>();
  private readonly trials: TransactionTrials;

  /** @param onRefused - is called when it turns out that the server refuses transactions. */
  constructor(
    redis: Redis,
    private readonly watchdog: Watch,
    onRefused: (refusal: Error) => void = () => undefined,
  ) {
    this.#redis = redis;
    this.trials = new TransactionTrials(
      {
        connection: () => redis.stream,
        exec: () => this.watchdog.watch(redis.exec()),
        sendSteps: (steps) => this.sendSteps(steps),
      },
      onRefused,
    );
  }

  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return this.watchdog.watch(this.call(operation, input));
  }

  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    const [output, calls] = this.inOneWrite((run) => [
      'lua' in operation ? this.callByDigest(operation, input) : run(operation, input),
      start(run),
    ]);
    void this.watchdog.watch(Promise.allSettled([output, ...calls]));
    return { output, calls };
  }

  /**
   * Does not use a pipeline of ioredis: each pipeline has its own hidden class, which keeps all its commands from being
   * garbage-collected young.
   */
  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return this.watchdog.watch(Promise.allSettled(this.inOneWrite(start)));
  }

  async all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>> {
    const calls = this.inOneWrite(start);
    await this.watchdog.watch(Promise.allSettled(calls));
    return Promise.all(calls);
  }

  /** Runs a transaction, or its script on a server that refuses it. */
  async transact<Input, Output>(
    transaction: Transaction<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const { script, inputOf } = transaction.asScript;
    return (await this.trials.isRefused(transaction, input))
      ? this.run(script, inputOf(input))
      : this.sendTransaction(transaction, input);
  }

  private async sendTransaction<Input, Output>(
    transaction: Transaction<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const steps = transaction.steps(input);
    const [multi, queued, done] = await this.sendSteps(steps);
    const refused = [multi, ...queued, done].find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') {
      this.trials.forget(); // the rights of the user may have changed
      throw refused.reason;
    }
    const answers = (done.status === 'fulfilled' && done.value) || [];
    const results = answers.map(([error, answer], index): PromiseSettledResult<unknown> => {
      return error
        ? { status: 'rejected', reason: error }
        : { status: 'fulfilled', value: steps[index]?.operation.read(answer) };
    });
    return transaction.read(results, input);
  }

  /** @returns the answers to MULTI, to each step and to EXEC. */
  private async sendSteps(steps: readonly Step[]): Promise<TransactionAnswers> {
    const [multi, queued, done] = await this.settled(() => [
      this.#redis.multi({ pipeline: false }),
      Promise.allSettled(steps.map((step) => this.sendStep(step.operation, step.input))),
      this.#redis.exec(),
    ]);
    return [multi, queued.status === 'fulfilled' ? queued.value : [], done];
  }

  private readonly callUnwatched: Run = (operation, input) => this.call(operation, input);

  private inOneWrite<const Calls>(start: StartCalls<Calls>): Calls {
    const stream = this.#redis.stream as Socket | undefined; // none before it has ever connected
    stream?.cork();
    try {
      return start(this.callUnwatched);
    } finally {
      stream?.uncork();
    }
  }

  /** Is no async function, which would cost each command of each queue an object more to collect. */
  private call<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    try {
      return 'lua' in operation
        ? this.callScript(operation, input)
        : this.sendCommand(operation, input).then((answer) => operation.read(answer));
    } catch (error) {
      return Promise.reject(error); // the keys or the arguments could not be made
    }
  }

  private async callScript<Input, Output>(
    script: Script<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const { lua, name } = script;
    if (!this.defined.has(name)) {
      this.defined.add(name);
      digestOf(lua); // remembers the script, so that the text of a refusal can be found by digest
      this.#redis.defineCommand(name, { lua });
    }
    const method = Reflect.get(this.#redis, name) as Method;
    const keys = script.keys(input);
    const args = argumentsOf(script, input);
    try {
      return script.read(await method.call(this.#redis, keys.length, ...keys, ...args));
    } catch (error) {
      if (!isRefusal(error) || codeOfRefusal(error) !== 'NOSCRIPT') {
        throw error;
      }
      // ioredis has sent the digest, because an earlier call had sent the text, but the server has lost the script since.
      return script.read(await this.#redis.eval(lua, keys.length, ...keys, ...args));
    }
  }

  private async callByDigest<Input, Output>(
    script: Script<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const keys = script.keys(input);
    const args = argumentsOf(script, input);
    const digest = digestOf(script.lua);
    return script.read(await this.#redis.evalsha(digest, keys.length, ...keys, ...args));
  }

  private sendCommand<Input>(operation: Command<Input, unknown>, input: Input): Promise<unknown> {
    const { command, isBinary } = operation;
    const method = Reflect.get(this.#redis, isBinary ? `${command}Buffer` : command) as Method;
    return method.call(this.#redis, ...operation.keys(input), ...argumentsOf(operation, input));
  }

  /** Sends one step of a transaction. A script is sent by its text: with an unknown digest the server would run only the other steps. */
  private sendStep<Input>(operation: Operation<Input, unknown>, input: Input): Promise<unknown> {
    if (!('lua' in operation)) {
      return this.sendCommand(operation, input);
    }
    const keys = operation.keys(input);
    const args = argumentsOf(operation, input);
    return this.#redis.eval(operation.lua, keys.length, ...keys, ...args);
  }
}
