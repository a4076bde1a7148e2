import type { Rights } from '../driver/rights.js';
import type { Keys, QueueKeys } from '../protocol/keys.js';

const NOT_SERVED = 'queues are not served';
const ONE_BY_ONE = 'jobs are taken one by one, which is slower';
const NOT_SETTLED = 'jobs do not end, and their callers get no replies';
const BY_SCRIPTS = 'long replies are sent by scripts alone, which is slower';
const NOT_RECOVERED = 'the jobs of lost workers are not given back';

const NOT_LISTED = 'QueueAdmin does not list the queues';
/** Consequence where the control channel is refused. */
export const NOT_ASKED =
  'a pause by QueueAdmin is heard with the next renewal of the lease, and its questions are not answered';
const NOT_COUNTED = 'the counts of workers that are gone are lost';
const NO_LETTERS = 'no dead letters are kept';
/** Consequence where the channels of cancellations are refused. */
export const NOT_CANCELLED = 'cancelled jobs run to completion';

/**
 * @param all - the keys that all queues share.
 * @returns what a process has to be allowed to serve some queues.
 */
export const workerRights = (
  queues: readonly QueueKeys[],
  workerId: string,
  all: Pick<Keys, 'replies' | 'queues' | 'control'>,
): readonly Rights[] =>
  // A user that may do all on one queue may do the same on the next, if it may touch its keys.
  queues.flatMap((keys, index) => [
    ...keysOf(keys),
    ...(index === 0 ? commandsOn(keys, workerId, all) : []),
  ]);

const keysOf = ({ requests, workers, cancel }: QueueKeys): readonly Rights[] => [
  { without: NOT_SERVED, commands: ['blmove'], on: [requests] },
  { without: NOT_SERVED, commands: ['zadd'], on: [workers] },
  { without: NOT_CANCELLED, commands: ['subscribe'], on: [cancel] },
];

function commandsOn(
  keys: QueueKeys,
  workerId: string,
  all: Pick<Keys, 'replies' | 'queues' | 'control'>,
): readonly Rights[] {
  const replies = all.replies('');
  const { requests, workers, deadLetters, totals } = keys;
  const worker = keys.worker(workerId);
  const slot = keys.active(workerId, 0);
  return [
    { without: NOT_SERVED, commands: ['eval', 'evalsha'] },
    {
      without: NOT_SERVED,
      commands: ['persist', 'zcount', 'zrangebyscore', 'zscore'],
      on: [workers],
    },
    { without: NOT_SERVED, commands: ['hset'], on: [worker] },
    { without: NOT_SERVED, commands: ['llen', 'lrange'], on: [requests, slot] },
    { without: NOT_SERVED, commands: ['ltrim'], on: [requests, slot] },
    { without: ONE_BY_ONE, commands: ['lmove', 'renamenx'], on: [requests], isOptional: true },
    { without: NOT_SETTLED, commands: ['del', 'exists', 'lpos', 'lset', 'rpush'], on: [slot] },
    { without: NOT_SETTLED, commands: ['pexpire', 'pttl', 'rpush', 'type'], on: [replies] },
    { without: BY_SCRIPTS, commands: ['multi', 'exec'], isOptional: true },
    { without: BY_SCRIPTS, commands: ['rename'], on: [replies], isOptional: true },
    { without: 'streams fail', commands: ['lindex', 'lset'], on: [slot] },
    { without: 'streams fail', commands: ['lindex', 'llen', 'ltrim'], on: [replies] },
    { without: NOT_RECOVERED, commands: ['hget', 'hstrlen'], on: [worker] },
    { without: NOT_RECOVERED, commands: ['zrem'], on: [workers] },
    { without: NOT_RECOVERED, commands: ['lpush'], on: [requests] },
    { without: NO_LETTERS, commands: ['zadd', 'zcard', 'zrange', 'zrem'], on: [deadLetters.ids] },
    {
      without: NO_LETTERS,
      commands: ['del', 'hdel', 'hget', 'hincrby', 'hset', 'hstrlen'],
      on: [deadLetters.letters],
    },
    { without: NOT_LISTED, commands: ['zadd'], on: [all.queues], isOptional: true },
    { without: NOT_ASKED, commands: ['subscribe'], on: [all.control], isOptional: true },
    { without: NOT_COUNTED, commands: ['hincrby', 'pexpire'], on: [totals], isOptional: true },
    {
      without: 'how much of a stream is unread is estimated',
      commands: ['memory|usage'],
      on: [replies],
      isOptional: true,
    },
    {
      without: 'lost workers are noticed only after stallLimit',
      commands: ['client|list'],
      isOptional: true,
    },
    {
      without: 'pausing and closing take up to 5 s',
      commands: ['client|unblock'],
      isOptional: true,
    },
  ];
}
