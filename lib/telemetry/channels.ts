import { channel } from 'node:diagnostics_channel';

/** The message on {@link droppedReplies}. */
export interface DroppedReply {
  /** `unreadable`: no frame, or of an unknown kind; `not pending`: timed out, cancelled, or answered before. */
  readonly reason: 'unreadable' | 'not pending';
}

/** `nestjs-reqrep:reply:dropped`: a reply that nobody waits for was dropped. */
export const droppedReplies = channel('nestjs-reqrep:reply:dropped');
