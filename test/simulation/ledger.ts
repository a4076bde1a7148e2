import type { Question } from './question.js';

/** One time that a handler was called. */
export interface Run {
  readonly at: number;
  readonly process: string;
  /** When the handler has returned. */
  endedAt: number;
}

/** All that happened to one request or emit. */
export interface Story {
  readonly question: Question;
  readonly sentAt: number;
  /** When it has to end: by its own timeout, or by the deadline of the question whose handler sent it. */
  readonly deadline: number;
  readonly client: string;
  readonly parent: Story | undefined;
  /** How many requests and emits of its client were pending when it was sent, this one included. */
  readonly open: number;
  pushedAt: number | undefined;
  leftAt: number | undefined;
  readonly runs: Run[];
  readonly values: unknown[];
  /** `complete`, `cancelled`, or the code of an error. */
  readonly ends: { readonly end: string; readonly text: string; readonly at: number }[];
  /** Whether its process was killed, so that it has no end. */
  isOrphan: boolean;
  /** When its job or its reply may have been lost: without a timeout it may never end. `undefined` = never. */
  forsakenAt: number | undefined;
  /** Whether its reply list was replaced meanwhile, so that the values of a stream were refused. */
  wasSpoiled: boolean;
}

/** One fault of a process, of lines or of the server. */
export interface Fault {
  readonly text: string;
  /** The affected process; `undefined` = all. */
  readonly of: string | undefined;
  readonly from: number;
  readonly to: number;
  /** Its worst consequence: lost time, a lost answer (so that a job is pushed again), or workers that count as lost. */
  readonly costs: 'time' | 'answers' | 'workers';
}

/** Records what callers and handlers of a simulation have seen, and which faults there were. */
export class Ledger {
  readonly stories = new Map<string, Story>();
  readonly faults: Fault[] = [];
  readonly trace: string[] = [];
  /** What was found to be wrong during the simulation. */
  readonly wrongs: string[] = [];

  /** @param isTraced - whether to keep {@link trace}, which takes longer than the rest of the simulation. */
  constructor(
    private readonly now: () => number,
    private readonly isTraced: boolean,
  ) {}

  /** @param text - what happened; a function where the text takes time to build. */
  tell(text: string | (() => string)): void {
    if (this.isTraced) {
      this.trace.push(`${this.now()} ${typeof text === 'string' ? text : text()}`);
    }
  }

  wrong(text: string): void {
    this.tell(`WRONG ${text}`);
    this.wrongs.push(text);
  }

  /** @param of - the process; `undefined` = all. @param ms - duration; `Infinity` = for ever. */
  fault(text: string, costs: Fault['costs'], of?: string, ms = 0): void {
    const from = this.now();
    this.faults.push({ text, of, from, to: from + ms, costs });
    this.tell(`FAULT ${text}${ms > 0 ? ` for ${ms} ms` : ''}`);
  }

  sent(question: Question, client: string, parent?: Story): Story {
    const now = this.now();
    const own = question.timeout === 0 ? Infinity : now + question.timeout;
    const story: Story = {
      question,
      sentAt: now,
      // The original protocol has no deadlines to inherit.
      deadline: Math.min(own, parent?.deadline ?? Infinity),
      client,
      parent,
      open: this.openOf(client) + 1,
      pushedAt: undefined,
      leftAt: undefined,
      runs: [],
      values: [],
      ends: [],
      isOrphan: false,
      forsakenAt: undefined,
      wasSpoiled: false,
    };
    this.stories.set(question.key, story);
    this.tell(() => `${question.key} sent by ${client}: ${shown(question)}`);
    return story;
  }

  /** Records that a handler was called. @returns the run, for {@link runEnded}. */
  ran({ key }: Question, process: string): Run {
    this.tell(`${key} run by ${process}`);
    const run: Run = { at: this.now(), process, endedAt: Infinity };
    this.stories.get(key)?.runs.push(run);
    return run;
  }

  runEnded({ key }: Question, run: Run): void {
    run.endedAt = this.now();
    this.tell(`${key} returned by ${run.process}`);
  }

  pushed(story: Story): void {
    story.pushedAt ??= this.now();
    this.tell(`${story.question.key} pushed`);
  }

  value(story: Story, value: unknown): void {
    story.values.push(value);
    this.tell(() => `${story.question.key} value ${shown(value)}`);
  }

  left(story: Story): void {
    story.leftAt = this.now();
    this.tell(`${story.question.key} is left`);
  }

  ended(story: Story, end: string, text = ''): void {
    story.ends.push({ end, text, at: this.now() });
    this.tell(() => `${story.question.key} ended: ${end} ${shown(text)}`);
  }

  /** Notes that a process was killed: its requests have no end. */
  orphan(client: string): void {
    for (const story of this.openStories(client)) {
      story.isOrphan = true;
    }
  }

  /**
   * Notes that replies in the reply list of a process may have been lost. A version 1 request has a reply list of its own.
   * @param isPushed - whether the job of a question was pushed.
   */
  forsake(client: string, isPushed: (key: string) => boolean): void {
    for (const story of this.openStories(client)) {
      if (story.question.protocol === 2 && isPushed(story.question.key)) {
        story.forsakenAt = this.now();
        story.wasSpoiled = true;
      }
    }
  }

  /** Notes that the jobs of some questions, or replies to them, may have been lost. */
  forsakeJobs(keys: readonly string[]): void {
    for (const key of keys) {
      const story = this.stories.get(key);
      if (story?.ends.length === 0) {
        story.forsakenAt = this.now();
      }
    }
  }

  openOf(client: string): number {
    return this.openStories(client).length;
  }

  private openStories(client: string): Story[] {
    return [...this.stories.values()].filter(
      (story) => story.client === client && story.ends.length === 0 && !story.isOrphan,
    );
  }
}

/** How much of a long text a trace shows, UTF-16 units. */
const SHOWN_LENGTH = 500;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}... (${text.length})` : text;
};
