import { LUA_NOW } from './lua-now.js';

export interface GuardedPush {
  readonly requests: string;
  readonly workers: string;
  /** Maximum number of jobs in the queue, including this one. */
  readonly maxQueueLength?: number | undefined;
  readonly requireWorker: boolean;
  readonly element: string;
}

/** The answer to a push, with the length of the queue after it, or of the full queue. */
export type PushResult =
  | { readonly outcome: 'pushed' | 'full'; readonly queueLength: number }
  | { readonly outcome: 'no workers' };

/** Pushes one job, unless no live worker serves the queue (where one is required) or the queue is too long. */
export const pushGuardedJob = {
  name: 'reqrepPushGuardedJob',
  // KEYS: requests, workers
  // ARGV: max queue length or -1, whether a worker is required (1 or 0), element
  // Output: {'pushed', length} | {'full', length} | {'no workers'}
  lua: `${LUA_NOW}
if ARGV[2] == '1' and redis.call('ZCOUNT', KEYS[2], now, '+inf') == 0 then
  return {'no workers'}
end
local limit = tonumber(ARGV[1])
local length = redis.call('LLEN', KEYS[1])
if limit >= 0 and length >= limit then
  return {'full', length}
end
return {'pushed', redis.call('RPUSH', KEYS[1], ARGV[3])}
`,
  keys: ({ requests, workers }: GuardedPush) => [requests, workers],
  args: ({ maxQueueLength, requireWorker, element }: GuardedPush) => [
    maxQueueLength ?? -1,
    requireWorker ? 1 : 0,
    element,
  ],
  read: (answer: unknown): PushResult => {
    const [outcome, queueLength] = answer as ['pushed' | 'full' | 'no workers', number];
    return outcome === 'no workers' ? { outcome } : { outcome, queueLength };
  },
};
