import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_NOW } from './lua-now.js';

export interface BuryJob {
  readonly slot: string;
  readonly dead: string;
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  readonly workerId: string;
  /** What its caller is told. */
  readonly reply?: ReplyToDead | undefined;
}

/** The frame that tells a caller that its job was given up. */
export interface ReplyToDead {
  readonly list: string;
  readonly text: string;
  /** How long the list is to live from now on at least, ms. */
  readonly ttl: number;
}

/** Why a job lies in the dead list. */
export type DeadReason = 'unreadable' | 'out of deliveries' | 'broken stream';

/** An entry of the dead list, as JSON. */
export interface DeadJob {
  readonly reason: DeadReason;
  readonly message: string;
  /** The worker that had the job. */
  readonly worker: string;
  /** When it was given up, ms, Redis clock. */
  readonly at: number;
  /** The job element, to the byte. */
  readonly job: string;
}

/** Moves the job of a slot to the dead list, with the reason. The element itself never leaves Redis. */
export const buryJob = {
  name: 'reqrepBuryJob',
  // KEYS: slot, dead, reply list or none
  // ARGV: reason, message, worker id, frame, ttl
  // Output: 1 when the slot held a job, else 0
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}
local job = redis.call('LINDEX', KEYS[1], 0)
if not job then return 0 end
redis.call('RPUSH', KEYS[2], cjson.encode({
  reason = ARGV[1], message = ARGV[2], worker = ARGV[3], at = now, job = job,
}))
redis.call('DEL', KEYS[1])
if KEYS[3] then
  redis.call('RPUSH', KEYS[3], ARGV[4])
  keepAlive(KEYS[3], ARGV[5])
end
return 1
`,
  keys: ({ slot, dead, reply }: BuryJob) => [slot, dead, ...(reply ? [reply.list] : [])],
  args: ({ reason, message, workerId, reply }: BuryJob) => [
    reason,
    message,
    workerId,
    reply?.text ?? '',
    reply?.ttl ?? 0,
  ],
  read: (answer: unknown): boolean => answer === 1,
};
