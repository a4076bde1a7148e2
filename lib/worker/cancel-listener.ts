import { decodeCancelMessage } from '../protocol/cancel-message.js';
import { Subscription } from '../redis/subscription.js';
import type { ReplyWorker } from './reply-worker.js';
import type { WorkerParts } from './worker-options.js';

/** Hears which jobs were cancelled: one connection for all queues of this process. */
export class CancelListener {
  private readonly subscription: Subscription;

  constructor(
    workers: readonly ReplyWorker[],
    { connections, keys }: Pick<WorkerParts, 'connections' | 'keys'>,
  ) {
    const byChannel = new Map(
      workers.map((worker) => [keys.queue(worker.handler.queue).cancel, worker]),
    );
    this.subscription = new Subscription(
      connections,
      'cancellations',
      [...byChannel.keys()],
      (channel, message) => byChannel.get(channel)?.cancel(decodeCancelMessage(message)),
      'cancelled jobs run to their end',
    );
  }

  /** Resolves when it hears them, or Redis does not let it for now. */
  start(): Promise<void> {
    return this.subscription.start();
  }

  close(): void {
    this.subscription.close();
  }
}
