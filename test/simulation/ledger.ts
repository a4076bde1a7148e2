import type { Question } from './question.js';

/** One time that a handler was called. */
export interface Run {
  readonly at: number;
  readonly process: string;
}

/** All that happened to one request or emit. */
export interface Story {
  readonly question: Question;
  readonly sentAt: number;
  readonly client: string;
  pushedAt: number | undefined;
  readonly runs: Run[];
  readonly values: unknown[];
  /** `complete`, `cancelled`, or the code of an error. */
  readonly ends: { readonly end: string; readonly text: string; readonly at: number }[];
  /** Whether nobody hears of its end any more. */
  isOrphan: boolean;
}

/** Something that was done to the processes, the lines or the server. */
export interface Fault {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** What it may cost: time alone, or also that a job is pushed or run again. */
  readonly costs: 'time' | 'runs';
}

/** What happened in a simulation, and in which order. */
export class Ledger {
  readonly stories = new Map<string, Story>();
  readonly faults: Fault[] = [];
  readonly trace: string[] = [];
  /** What was seen to be wrong while it happened. */
  readonly wrongs: string[] = [];

  /** @param isTraced - whether {@link trace} is kept, which takes longer than all else. */
  constructor(
    private readonly now: () => number,
    private readonly isTraced: boolean,
  ) {}

  /** @param text - what happened; a function where it takes time to say. */
  tell(text: string | (() => string)): void {
    if (this.isTraced) {
      this.trace.push(`${this.now()} ${typeof text === 'string' ? text : text()}`);
    }
  }

  wrong(text: string): void {
    this.tell(`WRONG ${text}`);
    this.wrongs.push(text);
  }

  fault(text: string, costs: Fault['costs'], ms = 0): void {
    const from = this.now();
    this.faults.push({ text, from, to: from + ms, costs });
    this.tell(`FAULT ${text}${ms > 0 ? ` for ${ms} ms` : ''}`);
  }

  sent(question: Question, client: string): Story {
    const story: Story = {
      question,
      sentAt: this.now(),
      client,
      pushedAt: undefined,
      runs: [],
      values: [],
      ends: [],
      isOrphan: false,
    };
    this.stories.set(question.key, story);
    this.tell(() => `${question.key} sent by ${client}: ${JSON.stringify(question)}`);
    return story;
  }

  ran({ key }: Question, process: string): void {
    this.tell(`${key} run by ${process}`);
    this.stories.get(key)?.runs.push({ at: this.now(), process });
  }

  pushed(story: Story): void {
    story.pushedAt ??= this.now();
    this.tell(`${story.question.key} pushed`);
  }

  value(story: Story, value: unknown): void {
    story.values.push(value);
    this.tell(() => `${story.question.key} value ${JSON.stringify(value)}`);
  }

  ended(story: Story, end: string, text = ''): void {
    story.ends.push({ end, text, at: this.now() });
    this.tell(`${story.question.key} ended: ${end} ${text}`);
  }

  /** A process was killed: what it asked has no end. */
  orphan(client: string): void {
    for (const story of this.stories.values()) {
      if (story.client === client && story.ends.length === 0) {
        story.isOrphan = true;
      }
    }
  }
}
