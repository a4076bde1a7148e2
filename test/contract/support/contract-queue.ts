import { Keys } from '../../../lib/protocol/keys.js';
import { randomQueue } from '../../support/random-queue.js';

/** Keys of a queue that no other test uses, with some of its slots and reply lists. */
export function newQueue() {
  const queue = randomQueue();
  const keys = new Keys().queue(queue);
  return {
    queue,
    keys,
    slots: [0, 1, 2, 3].map((index) => keys.active('worker-1', index)) as [
      string,
      string,
      string,
      string,
    ],
    replies: (client: string) => new Keys(queue).replies(client),
  };
}
