import type { DeadLetterKeys } from '../keys.js';
import { LUA_LETTERS } from './lua-letters.js';

/** Counts the dead letters of a queue. */
export const countDeadLetters = {
  name: 'countDeadLetters',
  command: 'zcard',
  keys: ({ ids }: DeadLetterKeys) => [ids],
  args: () => [],
  read: (answer: unknown) => Number(answer),
};

export interface DeadLetterRange {
  readonly dead: DeadLetterKeys;
  /** The first letter and the last one, counted from the newest, which is 0. */
  readonly first: number;
  readonly last: number;
}

/** @returns ids of dead letters, the newest first. */
export const readDeadIds = {
  name: 'readDeadIds',
  command: 'zrange',
  keys: ({ dead }: DeadLetterRange) => [dead.ids],
  args: ({ first, last }: DeadLetterRange) => [first, last, 'REV'],
  read: (answer: unknown) => answer as string[],
};

export interface DeadLetterChoice {
  readonly dead: DeadLetterKeys;
  /** At least one. */
  readonly ids: readonly string[];
}

/** @returns dead letters by their ids, as bytes; `null` for one that there is not. */
export const readDeadLetters = {
  name: 'readDeadLetters',
  command: 'hmget',
  isBinary: true,
  keys: ({ dead }: DeadLetterChoice) => [dead.letters],
  args: ({ ids }: DeadLetterChoice) => ids,
  read: (answer: unknown) => answer as (Buffer | null)[],
};

export interface DeadLetterRetry {
  readonly dead: DeadLetterKeys;
  readonly id: string;
  readonly requests: string;
  /** The job as it goes back to its queue. */
  readonly element: string | Buffer;
}

/**
 * Moves a dead letter back to the end of its queue, in one step. The job is pushed first, so that it is not lost where the server refuses
 * that. @returns whether there was such a letter.
 */
export const retryDeadLetter = {
  name: 'reqrepRetryDeadLetter',
  // KEYS: dead ids, dead letters, requests
  // ARGV: id, element
  // Output: 1, or 0 where there was no such letter
  lua: `${LUA_LETTERS}
local ids, letters, requests = unpack(KEYS)
checkLetters(ids, letters)
if redis.call('HSTRLEN', letters, ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', requests, ARGV[2])
if removeLetter(ids, letters, ARGV[1]) then return 1 end
-- Somebody has deleted the id. The job that was pushed is the last one.
redis.call('LREM', requests, -1, ARGV[2])
return 0
`,
  keys: ({ dead, requests }: DeadLetterRetry) => [dead.ids, dead.letters, requests],
  args: ({ id, element }: DeadLetterRetry) => [id, element],
  read: (answer: unknown) => answer === 1,
};

/** Removes dead letters. @returns how many there were. */
export const removeDeadLetters = {
  name: 'reqrepRemoveDeadLetters',
  // KEYS: dead ids, dead letters
  // ARGV: id...
  // Output: letters removed
  lua: `${LUA_LETTERS}
checkLetters(KEYS[1], KEYS[2])
local removed = 0
for i = 1, #ARGV do
  if removeLetter(KEYS[1], KEYS[2], ARGV[i]) then removed = removed + 1 end
end
return removed
`,
  keys: ({ dead }: DeadLetterChoice) => [dead.ids, dead.letters],
  args: ({ ids }: DeadLetterChoice) => ids,
  read: (answer: unknown) => Number(answer),
};
