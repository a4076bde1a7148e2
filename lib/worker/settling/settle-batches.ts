import type { Outcome, SettledQueue } from './outcome.js';
import { maySettleAndWait } from './settle-call.js';
import type { SettlePart } from './settle-part.js';

/** Jobs that one call settles at most, and takes at most: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/** About how long the replies of one call may be together, bytes or UTF-16 units: nobody else is served meanwhile. */
const CALL_LENGTH = 2 * 1024 * 1024;

/** Cuts what has ended into calls that are not too long, and lets each queue take its next jobs in the last of them. */
export function callsOf(
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
      if (jobs === MOST_JOBS || (jobs > 0 && length + size > CALL_LENGTH)) {
        call.push({ queue, outcomes, takes: [] });
        calls.push(call);
        [call, outcomes, jobs, length] = [[], [], 0, 0];
      }
      outcomes.push(outcome);
      jobs++;
      length += size;
    }
    const isOne = waiting.size === 1 && all.length === 1;
    const andWaits = isOne && all.every(maySettleAndWait) && queue.waitsNext();
    call.push({ queue, outcomes, takes: andWaits ? [] : queue.takes(MOST_JOBS), andWaits });
  }
  calls.push(call);
  return calls;
}
