import type { Outcome, SettledQueue } from './outcome.js';
import { NO_TAKES, type SettlePart } from './settle-part.js';

/** Maximum number of jobs that one call settles, and that it takes: the stack of Lua holds about 8 000 values. */
export const MAX_JOBS_PER_CALL = 500;

/** Length that the replies of one call may have together, about, bytes or UTF-16 units: Redis serves nobody else meanwhile. */
const MAX_CALL_LENGTH = 2 * 1024 * 1024;

/** Splits outcomes into calls that are not too long. Each queue takes its next jobs in the last of its calls. */
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
