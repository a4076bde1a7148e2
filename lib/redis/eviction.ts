import type { Log } from '../telemetry/log.js';
import type { ServerFacts } from './connection/server-facts.js';

/** The keys that a server may remove when its memory is full, by the start of its `maxmemory-policy`. */
const LOSS_BY_POLICY: readonly (readonly [policy: string, loss: string])[] = [
  ['allkeys-', 'whole queues and running jobs'],
  // Only reply lists have a TTL for long.
  ['volatile-', 'replies, so that their callers time out'],
];

/** @returns what a server with this `maxmemory-policy` removes when its memory is full; `undefined` for nothing that the library needs. */
export const lossByEviction = (policy: string): string | undefined =>
  LOSS_BY_POLICY.find(([beginning]) => policy.startsWith(beginning))?.[1];

/** Warns once that the server may remove queues or replies. */
export function warnOfEviction(
  { address, server }: { readonly address: string; readonly server: ServerFacts | undefined },
  log: Log,
): void {
  const policy = server?.evictionPolicy ?? '';
  const loss = lossByEviction(policy);
  if (loss !== undefined) {
    log.once(
      'eviction',
      'warn',
      `Redis at ${address} has the maxmemory-policy "${policy}": when its memory is full it removes ${loss}. ` +
        'Set maxmemory-policy to noeviction.',
    );
  }
}
