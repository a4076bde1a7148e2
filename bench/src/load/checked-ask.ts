import type { Payload, Requester } from '../systems/system.js';

/** Asks, and takes only the right reply for an answer. */
export function checkedAsk(
  requester: Requester,
  queue: string,
  data: Payload,
  onReply: () => void,
  onError: (error: unknown) => void,
): void {
  requester.ask(queue, data, (error, reply) => {
    if (error !== undefined) {
      onError(error);
    } else if (reply?.value !== data.value * 2 || reply.text !== data.text) {
      onError(new Error(`A reply to ${data.value} was ${JSON.stringify(reply)?.slice(0, 100)}`));
    } else {
      onReply();
    }
  });
}
