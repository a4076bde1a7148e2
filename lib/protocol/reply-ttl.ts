/** Time that a reply list is kept after the last deadline of its replies, ms. */
const AFTER_DEADLINE_MS = 60_000;

/** Time that a reply list with a reply without a deadline is kept, ms. */
const WITHOUT_DEADLINE_MS = 3_600_000;

/** Returns how long to keep an unread reply, ms: after the caller's deadline nobody reads it. */
export function replyTtl(now: number, deadline: number | undefined): number {
  return deadline === undefined
    ? WITHOUT_DEADLINE_MS
    : Math.max(0, Math.ceil(deadline - now)) + AFTER_DEADLINE_MS;
}
