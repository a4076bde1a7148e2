import { readFileSync } from 'node:fs';

/** A line that a process wrote. */
export interface LedgerEvent {
  readonly event: 'sent' | 'pushed' | 'run' | 'reply' | 'end';
  readonly key: string;
  readonly at: number;
  readonly pid: number;
  readonly attempt?: number;
  readonly isRight?: boolean;
  readonly end?: string;
}

/** All that happened to one request. */
export interface Story {
  sent: number;
  requester: number;
  isPushed: boolean;
  readonly runs: { readonly at: number; readonly attempt: number }[];
  readonly replies: boolean[];
  readonly ends: string[];
  endedAt: number;
}

/** Something that was done to the processes, the connections or the server. */
export interface Fault {
  readonly name: string;
  readonly from: number;
  to: number;
}

/** The stories of all requests, by their key. A line that a killed process did not finish is left out. */
export function readLedger(file: string): Map<string, Story> {
  const stories = new Map<string, Story>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '' || !line.endsWith('}')) {
      continue;
    }
    const event = JSON.parse(line) as LedgerEvent;
    let story = stories.get(event.key);
    if (!story) {
      story = {
        sent: event.at,
        requester: event.pid,
        isPushed: false,
        runs: [],
        replies: [],
        ends: [],
        endedAt: 0,
      };
      stories.set(event.key, story);
    }
    switch (event.event) {
      case 'sent':
        break;
      case 'pushed':
        story.isPushed = true;
        break;
      case 'run':
        story.runs.push({ at: event.at, attempt: event.attempt ?? 1 });
        break;
      case 'reply':
        story.replies.push(event.isRight === true);
        break;
      case 'end':
        story.ends.push(event.end ?? '');
        story.endedAt = event.at;
        break;
    }
  }
  return stories;
}

/** Ends of a request that was pushed but never run. */
const EXCUSED: ReadonlySet<string> = new Set(['REQUEST_TIMEOUT', 'WORKER_LOST']);

/** How long after a fault its effects may still show, ms. */
const AFTERMATH = 10_000;

/** What the ledger shows that must not be. */
export function findWrongs(
  stories: ReadonlyMap<string, Story>,
  killedRequesters: ReadonlySet<number>,
  faults: readonly Fault[],
): string[] {
  const wrongs: string[] = [];
  for (const [key, story] of stories) {
    const isOrphan = killedRequesters.has(story.requester);
    const [end] = story.ends;
    if (!isOrphan && story.ends.length !== 1) {
      wrongs.push(`${key} has ${story.ends.length} ends`);
    }
    if (story.replies.some((isRight) => !isRight)) {
      wrongs.push(`${key} got another's reply`);
    }
    if (end === 'complete' && (story.replies.length !== 1 || story.runs.length === 0)) {
      wrongs.push(`${key} completed with ${story.replies.length} replies`);
    }
    if (story.isPushed && story.runs.length === 0 && !isOrphan && !EXCUSED.has(end ?? '')) {
      wrongs.push(`${key} was pushed and never run, and ended with ${end}`);
    }
    const last = story.runs.at(-1);
    if (
      last &&
      story.runs.length > 1 &&
      !faults.some(({ from, to }) => from <= last.at && to + AFTERMATH >= story.sent)
    ) {
      wrongs.push(`${key} was run ${story.runs.length} times without a fault`);
    }
  }
  return wrongs;
}
