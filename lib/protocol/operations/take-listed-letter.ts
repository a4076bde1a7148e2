import { LUA_PAST_OOM } from './lua-past-oom.js';

export interface ListedLetter {
  /** The list of the dead letters of workers of earlier versions. */
  readonly list: string;
  /** The position of the letter, from the head of the list. */
  readonly position: number;
  /** The beginning of the SHA-1 of the letter, in hex. */
  readonly digest: string;
  /** The queue that the job goes back to, and the job; `undefined` = it is removed. */
  readonly retry?: { readonly requests: string; readonly element: string | Buffer } | undefined;
}

/** Replaces the letter until it is removed at the end of the same step. */
const TOMBSTONE = 'removed';

/**
 * Takes a letter out of the list that workers of earlier versions push to, and moves its job back to the end of its queue if asked. The
 * commands that remove it are tried first without an effect: where the server refuses one, the job is neither lost nor in the queue twice.
 * @returns whether the letter was at this position.
 */
export const takeListedLetter = {
  name: 'reqrepTakeListedLetter',
  // KEYS: list, requests or none
  // ARGV: position, digest, element
  // Output: 1, or 0 where another letter is at this position
  lua: `${LUA_PAST_OOM}
local list, requests = unpack(KEYS)
local letter = redis.call('LINDEX', list, ARGV[1])
if not letter or redis.sha1hex(letter):sub(1, #ARGV[2]) ~= ARGV[2] then return 0 end
if requests then redis.call('LLEN', requests) end
beginWriting(list)
redis.call('LSET', list, ARGV[1], letter)
-- No letter is a digest.
redis.call('LREM', list, 1, ARGV[2])
if requests then redis.call('RPUSH', requests, ARGV[3]) end
redis.call('LSET', list, ARGV[1], '${TOMBSTONE}')
redis.call('LREM', list, 1, '${TOMBSTONE}')
return 1
`,
  keys: ({ list, retry }: ListedLetter) => [list, ...(retry ? [retry.requests] : [])],
  args: ({ position, digest, retry }: ListedLetter) => [position, digest, retry?.element ?? ''],
  read: (answer: unknown) => answer === 1,
};
