import { replyTtl } from '../../protocol/reply-ttl.js';
import type { ReplyGroup } from '../../protocol/operations/settle-jobs.js';
import type { SettlePart } from './settle-part.js';

/** @returns the replies of a call, grouped by reply list. @param now - ms, Redis clock. */
export function replyGroups(parts: readonly SettlePart[], now: number): ReplyGroup[] {
  const groups = new Map<string, { frames: (string | Buffer)[]; deadline: number | undefined }>();
  for (const { outcomes } of parts) {
    for (const { reply } of outcomes) {
      if (!reply) {
        continue;
      }
      const { list, frame, deadline } = reply;
      const group = groups.get(list);
      if (group) {
        group.frames.push(frame);
        group.deadline = laterDeadline(group.deadline, deadline);
      } else {
        groups.set(list, { frames: [frame], deadline });
      }
    }
  }
  return [...groups].map(([list, { frames, deadline }]) => ({
    list,
    frames,
    ttl: replyTtl(now, deadline),
  }));
}

/** @returns the length of all replies together, bytes or UTF-16 units. */
export const totalLength = (groups: readonly ReplyGroup[]): number =>
  groups.reduce((sum, { frames }) => sum + frames.reduce((all, { length }) => all + length, 0), 0);

/** @returns the later deadline; `undefined` (never) where one of them is `undefined`. */
const laterDeadline = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.max(one, other);
