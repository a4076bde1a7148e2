import type { CallOutcome } from '../../telemetry/call-message.js';
import type { CallTrace } from '../../telemetry/call-trace.js';

/**
 * The reason why a request or an emit ended.
 *
 * - `reply`: the reply arrived, or the end of its stream
 * - `error reply`: an error of the handler, or of the library in the worker, arrived
 * - `broken stream`: values of its stream were lost
 * - `unreadable reply`: the reply of an original worker cannot be read
 * - `pushed`: Redis confirmed the job of an emit
 * - `timeout`: it timed out
 * - `unsubscribed`: its subscriber unsubscribed
 * - `aborted`: a signal was aborted
 * - `closed`: the client was closed
 * - `not begun`: the call was wrong, and its job was not queued for the push
 * - `refused`: Redis refused its job and never had it
 * - `refused again`: Redis refused the second push of its job; whether the first push reached Redis is unknown
 * - `unconfirmed`: whether Redis has its job is unknown, and the job must not be pushed again
 */
export type CallEnd =
  | 'reply'
  | 'error reply'
  | 'broken stream'
  | 'unreadable reply'
  | 'pushed'
  | 'timeout'
  | 'unsubscribed'
  | 'aborted'
  | 'closed'
  | 'not begun'
  | PushFailure;

/** How the ends are called outside of the library, and whether the caller gets an error. */
const OUTCOMES: Readonly<Record<CallEnd, readonly [outcome: CallOutcome, hasError: boolean]>> = {
  reply: ['reply', false],
  'error reply': ['error', true],
  'broken stream': ['error', true],
  'unreadable reply': ['error', true],
  pushed: ['pushed', false],
  timeout: ['timeout', true],
  unsubscribed: ['cancelled', false],
  aborted: ['cancelled', true],
  closed: ['failed', true],
  'not begun': ['failed', true],
  refused: ['failed', true],
  'refused again': ['failed', true],
  unconfirmed: ['failed', true],
};

/** @returns how an end is called outside of the library. */
export const outcomeOf = (end: CallEnd): CallOutcome => OUTCOMES[end][0];

/** Tells the end of a call to those that listen. */
export function traceEnd(trace: CallTrace, end: CallEnd, values?: number): void {
  const [outcome, hasError] = OUTCOMES[end];
  trace.ended(outcome, values, hasError);
}

/** The reason why a request or an emit ended while its job was being pushed. */
export type PushFailure = 'refused' | 'refused again' | 'unconfirmed' | 'closed';

/** Whether the job of an ended request may still wait in the queue or run. */
export function mayLeaveJob(end: CallEnd): boolean {
  switch (end) {
    case 'reply':
    case 'error reply':
    case 'pushed':
    case 'not begun':
    case 'refused':
      return false;
    default:
      return true;
  }
}
