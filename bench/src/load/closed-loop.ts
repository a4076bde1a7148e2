import type { Requester } from '../systems/system.js';
import { checkedAsk } from './checked-ask.js';
import { percentiles, type LoadResult } from './load-result.js';

export interface ClosedLoop {
  readonly kind: 'closed-loop';
  readonly inFlight: number;
  /** Length of the text that goes there and back, bytes. */
  readonly bytes: number;
}

/** Keeps so many requests in flight for so long, spread over the queues. */
export function runClosedLoop(
  requester: Requester,
  queues: readonly string[],
  { inFlight, bytes }: ClosedLoop,
  ms: number,
): Promise<LoadResult> {
  const text = 'x'.repeat(bytes);
  const latencies: number[] = [];
  const start = performance.now();
  let sent = 0;
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      const value = sent++;
      const queue = queues[value % queues.length] ?? '';
      const askedAt = performance.now();
      const onReply = (): void => {
        const now = performance.now();
        latencies.push(now - askedAt);
        if (now - start < ms) {
          ask();
        } else if (latencies.length === sent) {
          resolve({ count: sent, elapsed: now - start, latency: percentiles(latencies) });
        }
      };
      checkedAsk(requester, queue, { value, text }, onReply, reject);
    };
    for (let begun = 0; begun < inFlight; begun++) {
      ask();
    }
  });
}
