import { LUA_NOW } from './lua-now.js';

/** Time after which a queue that nobody serves leaves the registry, ms: 90 days. */
export const QUEUE_KEPT_MS = 90 * 24 * 60 * 60 * 1_000;

/** Most queues of a registry: beyond, those that were not served for longest leave it. */
export const MAX_REGISTERED_QUEUES = 10_000;

/** Most queues that leave a registry in one call, since Redis serves no other client meanwhile. */
export const MAX_FORGOTTEN_QUEUES = 100;

export interface AnnounceQueues {
  /** The key of the registry. */
  readonly registry: string;
  readonly queues: readonly string[];
}

/** Notes in the registry that queues are served now, and removes some that were not for long. */
export const announceQueues = {
  name: 'reqrepAnnounceQueues',
  // KEYS: registry
  // ARGV: name of each queue...
  // Output: none
  lua: `${LUA_NOW}
for _, queue in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now, queue) end
local function forget(most, highest)
  if most < 1 then return end
  local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', highest, 'LIMIT', 0, most)
  if #found > 0 then redis.call('ZREM', KEYS[1], unpack(found)) end
end
forget(${MAX_FORGOTTEN_QUEUES}, now - ${QUEUE_KEPT_MS})
local surplus = redis.call('ZCOUNT', KEYS[1], '-inf', '+inf') - ${MAX_REGISTERED_QUEUES}
forget(math.min(surplus, ${MAX_FORGOTTEN_QUEUES}), '+inf')
return 0
`,
  keys: ({ registry }: AnnounceQueues) => [registry],
  args: ({ queues }: AnnounceQueues) => queues,
  read: (): void => undefined,
};
