import { expireKey } from '../protocol/operations/keys.js';
import { pushToList } from '../protocol/operations/lists.js';
import { decodeControlMessage } from '../protocol/wire/control-message.js';
import { encodeRunningAnswer } from '../protocol/wire/running-answer.js';
import type { ReplyWorker } from './reply-worker.js';
import type { WorkerParts } from './worker-options.js';

/** Time for which an answer is kept, ms: who has asked reads it at once. */
const ANSWER_TTL_MS = 10_000;

/** Does what `QueueAdmin` asks the workers of one shard on the control channel. All of that is best effort. */
export class ControlDesk {
  /** @param renew - renews the leases, whose answers tell which queues are paused. */
  constructor(
    private readonly workers: { of(queue: string): ReplyWorker | undefined },
    private readonly parts: Pick<WorkerParts, 'shard' | 'workerId'>,
    private readonly renew: () => Promise<void>,
  ) {}

  receive(text: string): void {
    const message = decodeControlMessage(text);
    const worker = message && this.workers.of(message.queue);
    if (!worker) {
      return;
    }
    const done = message.ask === 'renew' ? this.renew() : this.tellRunning(worker, message.to);
    // The lease itself tells of troubles, and who has asked names a worker without an answer.
    done.catch(() => undefined);
  }

  private async tellRunning(worker: ReplyWorker, asker: string): Promise<void> {
    const { shard, workerId } = this.parts;
    const list = shard.keys.replies(asker);
    const answer = encodeRunningAnswer({ worker: workerId, runs: worker.toldRuns() });
    await shard.driver.commands.settled((run) => [
      run(pushToList, { list, elements: [answer] }),
      run(expireKey, { key: list, ms: ANSWER_TTL_MS }),
    ]);
  }
}
