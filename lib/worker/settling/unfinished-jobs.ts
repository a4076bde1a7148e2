import { explainRefusal, isRefusal, logLevelOf } from '../../driver/refusal.js';
import type { Operation } from '../../driver/operation.js';
import { resultWithin } from '../../driver/in-time.js';
import type { QueueKeys } from '../../protocol/keys.js';
import {
  moveToDeadLetters,
  type DeadLetterMoveResult,
} from '../../protocol/operations/move-to-dead-letters.js';
import { giveBackJobs } from '../../protocol/operations/give-back-jobs.js';
import { boundsOf, reportDropped } from '../taking/dropped-letters.js';
import type { DeathWithReply } from '../taking/lost-jobs.js';
import type { JobPlace } from '../taking/slots.js';
import type { WorkerParts } from '../worker-options.js';
import { SharedRetries } from './shared-retries.js';

/** Time that a stopping worker waits for Redis to carry out its last writes, ms. */
export const FINAL_WRITE_TIMEOUT_MS = 500;

/** Takes jobs out of their slots that are not settled here: back to the head of their queue, or to its dead letters. */
export class UnfinishedJobs {
  private readonly deathRetries: SharedRetries;
  private readonly giveBackRetries: SharedRetries;
  private isStopping = false;

  /** @param slots - called for each job that has left its slot. */
  constructor(
    private readonly queue: string,
    private readonly keys: QueueKeys,
    private readonly parts: Pick<WorkerParts, 'shard' | 'log' | 'hooks' | 'workerId' | 'options'>,
    private readonly slots: { release(place: JobPlace): void },
  ) {
    const { runtime } = parts.shard.driver;
    this.deathRetries = new SharedRetries(runtime);
    this.giveBackRetries = new SharedRetries(runtime);
  }

  /** Stops retrying: what Redis refuses from now on is left to other workers. */
  stop(): void {
    this.isStopping = true;
  }

  /** @param id - the id of the job, if it can be read. */
  async moveToDeadLetters(
    place: JobPlace,
    death: DeathWithReply,
    id?: string | number,
  ): Promise<void> {
    const { queue } = this;
    const { options, workerId } = this.parts;
    const dead = this.keys.deadLetters;
    const move = { place, dead, bounds: boundsOf(options), workerId, ...death };
    const what = `Cannot move a job of queue "${queue}" to its dead letters, "${dead.ids}" and "${dead.letters}"`;
    const result = await this.takeOut(moveToDeadLetters, move, what, [place], this.deathRetries);
    if (result && result.outcome !== 'gone') {
      this.report(result, death, id);
    }
  }

  private report(
    { outcome, dropped }: DeadLetterMoveResult,
    { reason, message, reply }: DeathWithReply,
    id: string | number | undefined,
  ): void {
    const { queue } = this;
    const { log, hooks, options } = this.parts;
    hooks.tell({ type: 'job dead', queue, id, reason, message });
    reportDropped(log, queue, options, dropped);
    if (outcome === 'moved without reply') {
      log.repeated(
        `reply dropped: ${queue}`,
        'error',
        `Cannot push a reply of queue "${queue}" to "${reply?.list}" (the key is not a list); ` +
          `discarding the reply, the job is among the dead letters of the queue`,
      );
    }
  }

  async giveBack(places: readonly JobPlace[]): Promise<void> {
    if (places.length > 0) {
      const { keys, queue } = this;
      const what = `Cannot give back unfinished jobs to queue "${queue}"`;
      const jobs = { requests: keys.requests, places };
      await this.takeOut(giveBackJobs, jobs, what, places, this.giveBackRetries);
    }
  }

  /**
   * Takes jobs out of their slots by an operation, and retries while Redis refuses it.
   * @returns `undefined` where the jobs were left to other workers.
   */
  private async takeOut<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    what: string,
    places: readonly JobPlace[],
    turns: SharedRetries,
  ): Promise<Output | undefined> {
    for (const place of places) {
      place.beginRelease();
    }
    const output = await this.runUntilDone(operation, input, what, turns);
    if (output !== undefined) {
      places.forEach((place) => this.slots.release(place));
    }
    return output;
  }

  private async runUntilDone<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    what: string,
    turns: SharedRetries,
  ): Promise<Output | undefined> {
    const { queue } = this;
    const { shard, log } = this.parts;
    const { driver } = shard;
    const kind = `${operation.name} refused: ${queue}`;
    const call = (): Promise<Output | undefined> => {
      const done = driver.runUntilAnswered(operation, input);
      return this.isStopping
        ? resultWithin(FINAL_WRITE_TIMEOUT_MS, done, undefined, driver.runtime)
        : done;
    };
    const onError = (error: unknown): boolean => {
      if (!isRefusal(error)) {
        return false; // the connections are closed for good
      }
      const next = this.isStopping ? 'another worker will recover them' : 'retrying';
      log.repeated(kind, logLevelOf(error), `${what} (${explainRefusal(error)}); ${next}`);
      return !this.isStopping;
    };
    try {
      const output = await turns.run(call, onError);
      log.over(kind);
      return output;
    } catch {
      return undefined;
    }
  }
}
