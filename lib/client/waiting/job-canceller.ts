import type { Log } from '../../telemetry/log.js';
import { encodeCancelMessage } from '../../protocol/wire/cancel-message.js';
import { explainRefusal, isTemporary, isRefusal, logLevelOf } from '../../driver/refusal.js';
import type { Shard } from '../../driver/shard.js';
import { WhenReady } from '../../driver/when-ready.js';
import { publish } from '../../protocol/operations/publish.js';

/** Maximum number of ids in one message. */
const MAX_IDS_PER_MESSAGE = 1_000;

/** Maximum number of ids of one queue that wait for another try. Jobs beyond that are not cancelled. */
const MAX_WAITING_IDS = 10_000;

/** Delay until a refused message is sent again. */
const RETRY_DELAY_MS = 1_000;

interface Message {
  readonly queue: string;
  readonly ids: readonly string[];
}

/**
 * Publishes the ids of cancelled jobs to the workers: those of one turn of the event loop together, one message per queue. This
 * is best effort: a job that was not cancelled runs, and its reply is discarded.
 */
export class JobCanceller {
  private waiting = new Map<string, string[]>();
  private readonly publishing: WhenReady;
  private isClosed = false;

  constructor(
    private readonly shard: Shard,
    private readonly log: Log,
  ) {
    const { driver } = shard;
    this.publishing = new WhenReady(driver, () => this.flush(), {
      // An id that cannot be published now is published after the reconnect: its job may still wait then.
      ready: () => driver.ready(),
      failed: () => undefined,
    });
  }

  cancel({ queue, id }: { readonly queue: string; readonly id: string }): void {
    this.add(queue, id);
    this.publishing.schedule();
  }

  /** Publishes waiting ids at once, if Redis is connected. */
  flush(): void {
    const { waiting } = this;
    if (waiting.size === 0 || !this.shard.driver.isConnected) {
      return;
    }
    this.waiting = new Map();
    void this.publish([...waiting].flatMap(([queue, ids]) => messagesOf(queue, ids)));
  }

  /** Stops retrying. */
  close(): void {
    this.isClosed = true;
  }

  private add(queue: string, id: string): void {
    const ids = this.waiting.get(queue);
    if (ids) {
      ids.push(id);
    } else {
      this.waiting.set(queue, [id]);
    }
  }

  private async publish(messages: readonly Message[]): Promise<void> {
    const { driver, keys } = this.shard;
    const answers = await driver.commands.settled((run) =>
      messages.map(({ queue, ids }) =>
        run(publish, { channel: keys.queue(queue).cancel, message: encodeCancelMessage(ids) }),
      ),
    );
    answers.forEach((answer, index) => {
      const message = messages[index];
      if (answer.status === 'rejected' && message) {
        this.failed(message, answer.reason);
      }
    });
  }

  /** Schedules another try. Publishing an id twice does no harm. */
  private failed({ queue, ids }: Message, error: unknown): void {
    if (isRefusal(error)) {
      this.log.repeated(
        `cancel refused: ${queue}`,
        logLevelOf(error),
        `Cannot notify the workers of queue "${queue}" of cancelled jobs (${explainRefusal(error)}); these jobs run to completion`,
      );
    }
    if (this.isClosed || (isRefusal(error) && !isTemporary(error))) {
      return;
    }
    const room = MAX_WAITING_IDS - (this.waiting.get(queue)?.length ?? 0);
    ids.slice(0, Math.max(0, room)).forEach((id) => this.add(queue, id));
    if (isRefusal(error)) {
      this.shard.driver.runtime
        .setTimeout(() => this.publishing.schedule(), RETRY_DELAY_MS)
        .unref();
    } else {
      this.publishing.schedule();
    }
  }
}

function messagesOf(queue: string, ids: readonly string[]): Message[] {
  const count = Math.ceil(ids.length / MAX_IDS_PER_MESSAGE);
  return Array.from({ length: count }, (_, index) => ({
    queue,
    ids: ids.slice(index * MAX_IDS_PER_MESSAGE, (index + 1) * MAX_IDS_PER_MESSAGE),
  }));
}
