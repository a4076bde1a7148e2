import type { Outcome, SettledQueue } from './outcome.js';
import { NO_TAKES, type SettlePart } from './settle-part.js';

/** Jobs that one call settles at most, and takes at most: Lua's stack takes about 8 000 values. */
export const MAX_JOBS_PER_CALL = 500;

/** About how long the replies of one call may be together, bytes or UTF-16 units: nobody else is served meanwhile. */
const MAX_CALL_LENGTH = 2 * 1024 * 1024;

/** Cuts what has ended into calls that are not too long, in the last of which each queue asks for its next jobs. */
export function splitIntoCalls(
  waiting: ReadonlyMap<SettledQueue, readonly Outcome[]>,
): readonly (readonly SettlePart[])[] {
  const calls: SettlePart[][] = [];
  let call: SettlePart[] = [];
  let jobs = 0;
  let length = 0;
  for (const [queue, all] of waiting) {
    let outcomes: Outcome[] = [];
    for (const outcome of all) {
      const size = outcome.reply?.frame.length ?? 0;
      if (jobs === MAX_JOBS_PER_CALL || (jobs > 0 && length + size > MAX_CALL_LENGTH)) {
        call.push({ queue, outcomes, takes: NO_TAKES });
        calls.push(call);
        [call, outcomes, jobs, length] = [[], [], 0, 0];
      }
      outcomes.push(outcome);
      jobs++;
      length += size;
    }
    call.push({ queue, outcomes, takes: NO_TAKES, needsNext: true });
  }
  calls.push(call);
  return calls;
}
