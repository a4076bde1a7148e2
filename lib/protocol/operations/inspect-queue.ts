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
}

/** Counts the live workers and the waiting jobs of a queue. */
export const inspectQueue = {
  name: 'reqrepInspectQueue',
  // KEYS: requests, workers
  // ARGV: none
  // Output: {live workers, waiting jobs}
  lua: `${LUA_NOW}
return {redis.call('ZCOUNT', KEYS[2], now, '+inf'), redis.call('LLEN', KEYS[1])}
`,
  keys: ({ requests, workers }: InspectQueue) => [requests, workers],
  args: () => [],
  read: (answer: unknown): QueueState => {
    const [workers, queueLength] = answer as [number, number];
    return { workers, queueLength };
  },
};
