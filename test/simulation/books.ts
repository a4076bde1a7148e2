import type { Operation } from '../../lib/driver/operation.js';
import { pushToList, type PushToList } from '../../lib/protocol/operations/lists.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../lib/protocol/operations/settle-jobs.js';

/** The beginning of a job or of a frame of a reply. */
const ID = /^\s*\["([^"]+)",/;

/**
 * The books of the server: a job is in one place at any time and leaves it once, so that no job is answered more often than it
 * was pushed.
 */
export class Books {
  private readonly pushed = new Map<string, number>();
  private readonly answered = new Map<string, number>();

  /** An operation was carried out. */
  carriedOut(operation: Operation<never, unknown>, input: unknown, output: unknown): void {
    if (operation === pushToList) {
      const { elements } = input as PushToList;
      elements.forEach((element) => count(this.pushed, String(element)));
    } else if (operation === settleJobs && !('missing' in (output as SettledJobs))) {
      const { groups } = input as SettleJobs;
      groups.forEach(({ frames }) =>
        frames.forEach((frame) => count(this.answered, String(frame))),
      );
    }
  }

  get wrongs(): string[] {
    return [...this.answered].flatMap(([id, times]) => {
      const pushes = this.pushed.get(id) ?? 0;
      return times > pushes
        ? [`job ${id} was pushed ${pushes} times and answered ${times} times`]
        : [];
    });
  }
}

function count(counts: Map<string, number>, text: string): void {
  const id = ID.exec(text)?.[1];
  if (id !== undefined) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
}
