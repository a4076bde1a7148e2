import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';

export interface PushValues {
  /** The slot whose job the values are of. */
  readonly slot: string;
  /** The reply list of its caller. */
  readonly list: string;
  /** How long the list is to live from now on at least, ms. */
  readonly ttl: number;
  readonly frames: readonly string[];
}

/**
 * Pushes values of a stream, while the slot still holds its job: a worker whose job was taken over has to stop.
 * Pushed twice, its frames are told by their index.
 */
export const pushValues = {
  name: 'reqrepPushValues',
  // KEYS: slot, reply list
  // ARGV: ttl, frame...
  // Output: the length of the list, or -1 when the slot no longer holds its job
  lua: `${LUA_KEEP_ALIVE}
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local length = redis.call('RPUSH', KEYS[2], unpack(ARGV, 2))
keepAlive(KEYS[2], ARGV[1])
return length
`,
  keys: ({ slot, list }: PushValues) => [slot, list],
  args: ({ ttl, frames }: PushValues) => [ttl, ...frames],
  /** @returns `undefined` when the slot no longer holds its job. */
  read: (answer: unknown): number | undefined => {
    const length = answer as number;
    return length < 0 ? undefined : length;
  },
};
