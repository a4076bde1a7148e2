/**
 * What ended a request or an emit.
 *
 * - `reply`: the reply, or the end of its stream
 * - `error reply`: an error of the handler, or of the library at the worker
 * - `broken stream`: values of its stream were lost
 * - `unreadable reply`: there is a reply of an original worker that cannot be read
 * - `pushed`: Redis has the job of an emit
 * - `timeout`: its time is up
 * - `unsubscribed`: its subscriber wants no more of it
 * - `aborted`: a signal was aborted
 * - `closed`: the client was closed
 * - `not begun`: something was wrong with the call, before its job was handed to the push
 * - `refused`: its job was not pushed, and Redis never had it
 * - `refused again`: its job was refused when it was pushed again, and nobody knows whether Redis has it from the first time
 * - `unconfirmed`: nobody knows whether Redis has its job, which must not be pushed again
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

/** What ended a request or an emit while its job was being pushed. */
export type PushFailure = 'refused' | 'refused again' | 'unconfirmed' | 'closed';

/** Whether the job of a request may still wait or run behind its end, in vain. */
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
