import { LUA_NOW } from './lua-now.js';

export interface InspectQueue {
  readonly requests: string;
  readonly workers: string;
}

export interface QueueState {
  /** Workers whose lease has not lapsed. */
  readonly workers: number;
  /** Waiting jobs. */
  readonly queueLength: number;
  /** How long the first waiting job has waited, ms; `0` for none, and for a job of the original protocol. */
  readonly age: number;
}

/** Counts the live workers and the waiting jobs of a queue, and looks how old the first one is: our encoder writes the times last. */
export const inspectQueue = {
  name: 'reqrepInspectQueue',
  // KEYS: requests, workers
  // ARGV: none
  // Output: {live workers, waiting jobs, age of the first one, ms}
  lua: `${LUA_NOW}
local tail = (redis.call('LINDEX', KEYS[1], 0) or ''):sub(-64)
local pushed_at = tail:match('"t":(%d+)}]%s*$') or tail:match('"t":(%d+),"d":%d+}]%s*$') or now
local age = math.max(0, now - tonumber(pushed_at))
return {redis.call('ZCOUNT', KEYS[2], now, '+inf'), redis.call('LLEN', KEYS[1]), age}
`,
  keys: ({ requests, workers }: InspectQueue) => [requests, workers],
  args: () => [],
  read: (answer: unknown): QueueState => {
    const [workers, queueLength, age] = answer as [number, number, number];
    return { workers, queueLength, age };
  },
};
