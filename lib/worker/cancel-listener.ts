import { decodeCancelMessage } from '../protocol/cancel-message.js';
import { isRefusal } from '../redis/refusal.js';
import { Subscription } from '../redis/subscription.js';
import type { ReplyWorker } from './reply-worker.js';
import type { WorkerParts } from './worker-options.js';

/** Hears which jobs were cancelled: one connection for all queues of this process. */
export class CancelListener {
  private readonly subscription: Subscription;

  constructor(
    workers: readonly ReplyWorker[],
    private readonly parts: Pick<WorkerParts, 'connections' | 'keys' | 'log'>,
  ) {
    const { connections, keys } = parts;
    const byChannel = new Map(
      workers.map((worker) => [keys.queue(worker.handler.queue).cancel, worker]),
    );
    this.subscription = new Subscription(
      connections,
      'cancellations',
      [...byChannel.keys()],
      (channel, message) => byChannel.get(channel)?.cancel(decodeCancelMessage(message)),
    );
  }

  /** Resolves when it hears them, or never will. */
  async start(): Promise<void> {
    try {
      await this.subscription.start();
    } catch (error) {
      if (isRefusal(error)) {
        this.parts.log.warn(
          `Redis refuses SUBSCRIBE (${error.message}): cancelled jobs run to their end. Allow the channels "*cancel".`,
        );
      }
      // Else the connections are closed for good.
    }
  }

  close(): void {
    this.subscription.close();
  }
}
