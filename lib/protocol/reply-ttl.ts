/** What a reply list lives on after the last deadline it holds a reply for, ms. */
const AFTER_DEADLINE_MS = 60_000;

/** What a reply list lives on that holds a reply without a deadline, ms. */
const WITHOUT_DEADLINE_MS = 3_600_000;

/** How long a reply may lie unread, ms: past the caller's deadline nobody asks for it. */
export function replyTtl(now: number, deadline: number | undefined): number {
  return deadline === undefined
    ? WITHOUT_DEADLINE_MS
    : Math.max(0, Math.ceil(deadline - now)) + AFTER_DEADLINE_MS;
}
