import { channel } from 'node:diagnostics_channel';

/** The message on {@link droppedReplies}. */
export interface DroppedReply {
  /** `unreadable`: not a frame, or of an unknown kind; `not pending`: its request has timed out, was cancelled or has a reply. */
  readonly reason: 'unreadable' | 'not pending';
}

/** Channel `nestjs-reqrep:reply:dropped`: a reply was discarded, because no request waits for it. */
export const droppedReplies = channel('nestjs-reqrep:reply:dropped');
