import { AsyncResource } from 'node:async_hooks';
import { beforeRetry } from '../driver/before-retry.js';
import { resultWithin } from '../driver/in-time.js';
import type { Line } from '../driver/line.js';
import type { Operation } from '../driver/operation.js';
import { explainRefusal, isRefusal, isTemporary, withoutCommand } from '../driver/refusal.js';
import { delay } from '../driver/runtime.js';
import type { Shard, Shards } from '../driver/shard.js';
import { failedCall, lateCall } from '../driver/unanswered-call.js';

/** Longest time that one call may take, ms. */
const CALL_TIMEOUT_MS = 5_000;

/** Wait before a call is repeated that Redis refuses for a while, ms. */
const RETRY_DELAY_MS = 50;

const LATE = Symbol('late');

/** Calls that may be carried out twice without harm, in bounded time. */
export class ShardCalls {
  /** Calls, and the connections that they open, run in this async context, not in that of the caller that came first. */
  private readonly scope = new AsyncResource('ReqRepAdmin');

  constructor(private readonly shards: Shards) {}

  /** Carries out one operation. @throws as {@link make} does. */
  run<Input, Output>(
    shard: Shard,
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    return this.make(shard, (line) => line.run(operation, input));
  }

  /**
   * Makes a call, again where its answer was lost or Redis refuses it for a while.
   * @param call - may be made twice without harm.
   * @throws the refusal of Redis, without the data of the call; ConnectionFailedError if there is no answer in time.
   */
  async make<Output>(shard: Shard, call: (line: Line) => Promise<Output>): Promise<Output> {
    const { runtime } = this.shards;
    const tries = new Tries(shard, call);
    const answer = this.scope.runInAsyncScope(() => tries.untilAnswered());
    let output: Output | typeof LATE;
    try {
      output = await resultWithin(CALL_TIMEOUT_MS, answer, LATE, runtime);
    } catch (error) {
      throw isRefusal(error) ? withoutCommand(error) : failedCall(this.shards, error);
    }
    if (output === LATE) {
      tries.stop();
      // What it comes to is told to nobody.
      answer.catch(() => undefined);
      throw lateCall(this.shards, shard, CALL_TIMEOUT_MS, 'does not answer', tries.refusal);
    }
    return output;
  }
}

/** The tries of one call. */
class Tries<Output> {
  /** Why Redis refuses the call for a while, in words. */
  refusal: string | undefined;
  private isStopped = false;

  constructor(
    private readonly shard: Shard,
    private readonly call: (line: Line) => Promise<Output>,
  ) {}

  /** Makes no further try. */
  stop(): void {
    this.isStopped = true;
  }

  async untilAnswered(): Promise<Output> {
    const { driver } = this.shard;
    for (;;) {
      await driver.usable();
      if (this.isStopped) {
        throw new Error('The time of the call is up');
      }
      try {
        return await this.call(driver.commands);
      } catch (error) {
        if (!isRefusal(error)) {
          await beforeRetry(error, driver.runtime);
        } else if (isTemporary(error)) {
          this.refusal = explainRefusal(error);
          await delay(driver.runtime, RETRY_DELAY_MS);
        } else {
          throw error;
        }
      }
    }
  }
}
