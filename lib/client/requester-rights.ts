import type { Rights } from '../driver/rights.js';
import type { QueueKeys } from '../protocol/keys.js';

const NO_QUEUE_STATE =
  'requireWorker and maxQueueLength do not work, and timeouts are not explained';

/**
 * @param replies - the reply list of the client.
 * @returns what a process has to be allowed to send jobs to a queue and to read their replies.
 */
export const requesterRights = (
  { requests, workers, cancel }: QueueKeys,
  replies: string,
): readonly Rights[] => [
  { without: 'no job is sent', commands: ['rpush'], on: [requests] },
  {
    without: 'no reply is read',
    commands: ['blmove', 'lrange', 'ltrim', 'lindex'],
    on: [replies],
  },
  { without: NO_QUEUE_STATE, commands: ['eval', 'evalsha'] },
  { without: NO_QUEUE_STATE, commands: ['llen'], on: [requests] },
  { without: NO_QUEUE_STATE, commands: ['zcount'], on: [workers] },
  { without: 'cancelled jobs run to completion', commands: ['publish'], on: [cancel] },
  {
    without: 'expired jobs stay in queues that nobody serves',
    commands: ['lindex', 'lpop', 'lrem', 'lset', 'ltrim'],
    on: [requests],
  },
  {
    without: 'the reply list of a closed process stays until it expires',
    commands: ['del'],
    on: [replies],
    isOptional: true,
  },
];
