import type { Log } from '../telemetry/log.js';
import type { ServerFacts } from './connection/server-facts.js';

/** What a server that runs out of memory may remove, by the beginning of its `maxmemory-policy`. */
const LOSS_BY_POLICY: readonly (readonly [policy: string, loss: string])[] = [
  ['allkeys-', 'whole queues and running jobs'],
  // Reply lists have a TTL; nothing else of ours has one for long.
  ['volatile-', 'replies, so that their callers time out'],
];

/** Says once that the server may remove what has to stay. */
export function warnOfEviction(
  { address, server }: { readonly address: string; readonly server: ServerFacts | undefined },
  log: Log,
): void {
  const policy = server?.evictionPolicy ?? '';
  const loss = LOSS_BY_POLICY.find(([beginning]) => policy.startsWith(beginning))?.[1];
  if (loss !== undefined) {
    log.once(
      'eviction',
      'warn',
      `Redis at ${address} has the maxmemory-policy "${policy}": when its memory is full it removes ${loss}. ` +
        'Set maxmemory-policy to noeviction.',
    );
  }
}
