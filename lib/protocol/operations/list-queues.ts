import { MAX_REGISTERED_QUEUES } from './announce-queues.js';
import { scoredMembersIn } from './scored-members.js';

/** A queue in the registry. */
export interface RegisteredQueue {
  readonly queue: string;
  /** When a worker last said that it serves the queue, ms, Redis clock. */
  readonly servedAt: number;
}

/** Lists the queues of a registry, at most as many as it is bounded to. */
export const listQueues = {
  name: 'listQueues',
  command: 'zrangebyscore',
  keys: (registry: string) => [registry],
  args: () => ['-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, MAX_REGISTERED_QUEUES],
  read: (answer: unknown): RegisteredQueue[] =>
    scoredMembersIn(answer as string[]).map(([queue, servedAt]) => ({
      queue,
      servedAt: Number(servedAt),
    })),
};
