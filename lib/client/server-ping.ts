import { AsyncResource } from 'node:async_hooks';
import { endsWithin } from '../driver/in-time.js';
import { codeOfRefusal, explainRefusal, isRefusal } from '../driver/refusal.js';
import { delay } from '../driver/runtime.js';
import type { Shard, Shards } from '../driver/shard.js';
import { failedCall, lateCall } from '../driver/unanswered-call.js';
import { listHead } from '../protocol/operations/lists.js';

/** Wait between two tries at a server that answers but serves nobody now, ms. */
const RETRY_DELAY_MS = 50;

/** Codes of refusals by a server that serves nobody now. Any other refusal is an answer like another. */
const NOT_SERVING = new Set(['BUSY', 'CLUSTERDOWN', 'LOADING', 'MASTERDOWN', 'MOVED', 'READONLY']);

/** One answered question: times by the clock of the runtime, ms. */
interface RoundTrip {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A question that is being asked. Callers share it, so that those of a long outage do not pile up. */
interface Question {
  readonly answer: Promise<RoundTrip>;
  /** Why the server serves nobody now, in words. */
  refusal: string | undefined;
}

/** Asks the servers of an instance for an answer now, whatever is known of their connections. */
export class ServerPing {
  private readonly questions = new Map<Shard, Question>();
  /** Questions, and the connections that they open, run in this async context, not in that of the caller that came first. */
  private readonly scope = new AsyncResource('ReqRepPing');

  constructor(private readonly shards: Shards) {}

  /**
   * Asks each shard that the process uses, and those of some queues. Connects where that was not done yet.
   * @param ms - upper limit of the time that this takes.
   * @returns the slowest round trip, ms.
   * @throws ConnectionFailedError if one of them does not answer within `ms`, or cannot be used until somebody corrects something.
   */
  async slowest(ms: number, queues: readonly string[] = []): Promise<number> {
    const { runtime } = this.shards;
    const begin = runtime.now();
    const asked = this.used(queues).map((shard) => ({ shard, question: this.ask(shard) }));
    let slowest = 0;
    // Together they have as much time as each: all were asked at once.
    await Promise.all(
      asked.map(async ({ shard, question }) => {
        const measured = question.answer.then(({ sentAt, answeredAt }) => {
          slowest = Math.max(slowest, answeredAt - Math.max(sentAt, begin));
        });
        const isInTime = await endsWithin(ms, measured, runtime).catch((error: unknown) => {
          throw failedCall(this.shards, error);
        });
        if (!isInTime) {
          throw lateCall(this.shards, shard, ms, 'does not answer a ping', question.refusal);
        }
      }),
    );
    return slowest;
  }

  /** @returns the shards that have connections, and those of some queues; without any the first one. */
  private used(queues: readonly string[]): readonly Shard[] {
    const { all } = this.shards;
    const named = new Set(queues.flatMap((queue) => this.shards.of(queue)));
    const used = all.filter((shard) => named.has(shard) || shard.driver.state !== 'idle');
    return used.length > 0 ? used : all.slice(0, 1);
  }

  private ask(shard: Shard): Question {
    const running = this.questions.get(shard);
    if (running) {
      return running;
    }
    const question: Question = {
      answer: this.scope
        .runInAsyncScope(() => this.untilAnswered(shard, (refusal) => (question.refusal = refusal)))
        .finally(() => this.questions.delete(shard)),
      refusal: undefined,
    };
    this.questions.set(shard, question);
    return question;
  }

  private async untilAnswered(
    { driver, keys }: Shard,
    onRefused: (refusal: string) => void,
  ): Promise<RoundTrip> {
    const { runtime } = driver;
    for (;;) {
      await driver.usable();
      const sentAt = runtime.now();
      try {
        // Each role may read the head of a reply list. A node of a Cluster that does not serve the slot refuses it.
        await driver.commands.run(listHead, keys.replies(''));
        return { sentAt, answeredAt: runtime.now() };
      } catch (error) {
        if (isRefusal(error)) {
          if (!NOT_SERVING.has(codeOfRefusal(error))) {
            return { sentAt, answeredAt: runtime.now() };
          }
          onRefused(explainRefusal(error));
        }
        await delay(runtime, RETRY_DELAY_MS);
      }
    }
  }
}
