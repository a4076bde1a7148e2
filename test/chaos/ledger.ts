import { readFileSync } from 'node:fs';

/** A line that a process wrote. */
export interface LedgerEvent {
  readonly event: 'sent' | 'pushed' | 'run' | 'reply' | 'end';
  readonly key: string;
  readonly at: number;
  readonly pid: number;
  readonly queue?: string;
  readonly isOnce?: boolean;
  readonly isOdd?: boolean;
  /** How many it asks for. */
  readonly values?: number;
  readonly attempt?: number;
  readonly isRight?: boolean;
  readonly end?: string;
  /** How many values came. */
  readonly received?: number;
  readonly isInOrder?: boolean;
}

/** One time that a handler was called. */
export interface Run {
  readonly at: number;
  readonly pid: number;
  readonly attempt: number;
}

/** All that happened to one request. */
export interface Story {
  readonly key: string;
  /** Queue of the request; that of the jobs beside it for a stream. */
  readonly queue: string;
  readonly sent: number;
  readonly requester: number;
  /** Whether it is never to run twice. */
  readonly isOnce: boolean;
  /** Whether its handler throws. */
  readonly isOdd: boolean;
  /** How many values it asks for; `undefined` where it is no stream. */
  readonly values: number | undefined;
  pushed: number | undefined;
  readonly runs: Run[];
  readonly replies: boolean[];
  readonly ends: string[];
  ended: number | undefined;
  received: number;
  isInOrder: boolean;
}

/** The stories of all requests, by their key. A line that a killed process did not finish is left out. */
export function readLedger(file: string): Map<string, Story> {
  const stories = new Map<string, Story>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.endsWith('}')) {
      const event = JSON.parse(line) as LedgerEvent;
      let story = stories.get(event.key);
      if (!story) {
        story = begin(event);
        stories.set(event.key, story);
      }
      add(story, event);
    }
  }
  return stories;
}

const begin = ({ key, queue = '', at, pid, isOnce, isOdd, values }: LedgerEvent): Story => ({
  key,
  queue,
  sent: at,
  requester: pid,
  isOnce: isOnce === true,
  isOdd: isOdd === true,
  values,
  pushed: undefined,
  runs: [],
  replies: [],
  ends: [],
  ended: undefined,
  received: 0,
  isInOrder: true,
});

function add(story: Story, event: LedgerEvent): void {
  const { at, pid } = event;
  switch (event.event) {
    case 'sent':
      break;
    case 'pushed':
      story.pushed = at;
      break;
    case 'run':
      story.runs.push({ at, pid, attempt: event.attempt ?? 1 });
      break;
    case 'reply':
      story.replies.push(event.isRight === true);
      break;
    case 'end':
      story.ends.push(event.end ?? '');
      story.ended = at;
      story.received = event.received ?? 0;
      story.isInOrder = event.isInOrder !== false;
      break;
  }
}
