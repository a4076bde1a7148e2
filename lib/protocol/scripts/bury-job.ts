import { LUA_NOW } from './lua-now.js';

export interface BuryJob {
  readonly slot: string;
  readonly dead: string;
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  readonly workerId: string;
}

/** Why a job lies in the dead list. */
export type DeadReason = 'unreadable' | 'out of deliveries';

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
  // KEYS: slot, dead
  // ARGV: reason, message, worker id
  // Output: 1 when the slot held a job, else 0
  lua: `${LUA_NOW}
local job = redis.call('LPOP', KEYS[1])
if not job then return 0 end
redis.call('RPUSH', KEYS[2], cjson.encode({
  reason = ARGV[1], message = ARGV[2], worker = ARGV[3], at = now, job = job,
}))
return 1
`,
  keys: ({ slot, dead }: BuryJob) => [slot, dead],
  args: ({ reason, message, workerId }: BuryJob) => [reason, message, workerId],
  read: (answer: unknown): boolean => answer === 1,
};
