import { messageOf } from '../errors/error-text.js';
import { decodeCancelMessage } from '../protocol/wire/cancel-message.js';
import type { Subscription } from '../driver/driver.js';
import type { ControlDesk } from './control-desk.js';
import type { ReplyWorker } from './reply-worker.js';
import type { WorkerParts } from './worker-options.js';
import { NOT_ASKED, NOT_CANCELLED } from './worker-rights.js';

/** Listens for cancellations and for what `QueueAdmin` asks, on one connection for all queues of this process. */
export class CancelListener {
  private readonly subscription: Subscription;
  private isClosed = false;

  constructor(
    workers: readonly ReplyWorker[],
    private readonly parts: Pick<WorkerParts, 'shard' | 'log'>,
    control: ControlDesk,
  ) {
    const { driver, keys } = parts.shard;
    const byChannel = new Map(
      workers.map((worker) => [keys.queue(worker.handler.queue).cancel, worker]),
    );
    this.subscription = driver.subscribe({
      role: 'cancellations',
      channels: [...byChannel.keys()],
      optional: { channels: [keys.control], consequence: NOT_ASKED },
      onMessage: (channel, message) =>
        channel === keys.control
          ? control.receive(message)
          : byChannel.get(channel)?.cancel(decodeCancelMessage(message)),
      consequence: NOT_CANCELLED,
    });
  }

  /** Resolves when the subscription is active, or Redis refuses it for now. Never rejects: cancelling is best effort. */
  async start(): Promise<void> {
    try {
      await this.subscription.start();
    } catch (error) {
      // Nothing to log while this process closes.
      if (!this.isClosed && this.parts.shard.driver.state !== 'closed') {
        this.parts.log.repeated(
          'no cancellations',
          'warn',
          `Cannot open the connection that listens for cancellations (${messageOf(error)}): cancelled jobs run to completion`,
        );
      }
    }
  }

  close(): void {
    this.isClosed = true;
    this.subscription.close();
  }
}
