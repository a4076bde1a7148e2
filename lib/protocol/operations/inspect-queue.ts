import { LUA_NOW } from './lua-now.js';

export interface InspectQueue {
  readonly requests: string;
  readonly workers: string;
}

export interface QueueState {
  /** Workers whose lease stands. */
  readonly workers: number;
  /** Jobs that wait. */
  readonly queueLength: number;
}

/** How many workers are alive on a queue, and how many jobs wait. */
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
