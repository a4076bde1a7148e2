import type { Run, Story } from './ledger.js';

/** Something that was done to the processes, the connections or the server. */
export interface Fault {
  readonly name: string;
  readonly from: number;
  /** When it was over; it may show for longer. */
  to: number;
  /**
   * What it may cost, as README says:
   * - `worker`: one was killed (`pid`); what it ran may run again, or its caller hears of the loss.
   * - `silence`: a worker (`pid`), or some lines, said nothing; one that does so for longer than `stallLimit` counts as lost.
   * - `line`: connections broke; what was not confirmed by then may have been pushed, and is pushed again.
   * - `time`: nothing else.
   */
  readonly costs: 'worker' | 'silence' | 'line' | 'time';
  pid?: number | undefined;
}

/** What a verdict has to know of a run of the suite. */
export interface Circumstances {
  readonly faults: readonly Fault[];
  /** Nobody waits for the ends of these. */
  readonly killedRequesters?: ReadonlySet<number>;
  /** How long a worker may be silent before it counts as lost, ms. */
  readonly stallLimit?: number;
  /** From when on nothing went wrong any more, so that everything sent has to succeed. */
  readonly quietFrom?: number;
}

/** Ends that faults may lead to. Any other one but completion was not asked for. */
const LOSSES: ReadonlySet<string> = new Set(['REQUEST_TIMEOUT', 'WORKER_LOST']);

/** How long after the fault its loss may still be found out, ms. */
const AFTERMATH = 15_000;

/** Renewals are a while apart, and a process needs a while to get going: silences with less between them are one, ms. */
const BREATH = 1_500;

/** How long after its run a reply may take to be heard, whatever happens meanwhile, but for the loss of its worker, ms. */
const LONGEST_WAY_BACK = 12_000;

/** @returns what must not be, of all that happened. */
export function findWrongs(
  stories: ReadonlyMap<string, Story>,
  circumstances: Circumstances,
): string[] {
  return [...stories.values()].flatMap((story) =>
    new Verdict(story, circumstances).wrongs().map((wrong) => `${story.key} ${wrong}`),
  );
}

/** How many of each kind a failed test shows. */
const MOST_SHOWN = 4;

/** @returns what a failed test is to show of many wrongs: some of each kind. */
export function few(wrongs: readonly string[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const wrong of wrongs) {
    const kind = wrong.replaceAll(/\d+/g, '').split(':', 1).join('');
    kinds.set(kind, [...(kinds.get(kind) ?? []), wrong]);
  }
  return [...kinds.values()].flatMap((all) =>
    all.length <= MOST_SHOWN
      ? all
      : [...all.slice(0, MOST_SHOWN), `and ${all.length - MOST_SHOWN} more`],
  );
}

/** What can be said of one request. */
class Verdict {
  private readonly isOrphan: boolean;
  private readonly end: string | undefined;

  constructor(
    private readonly story: Story,
    private readonly circumstances: Circumstances,
  ) {
    this.isOrphan = circumstances.killedRequesters?.has(story.requester) ?? false;
    [this.end] = story.ends;
  }

  wrongs(): string[] {
    return [...this.ends(), ...this.answers(), ...this.runs(), ...this.losses()];
  }

  private *ends(): Iterable<string> {
    const { ends, isOdd, sent, pushed, runs } = this.story;
    if (this.isOrphan) {
      return;
    }
    if (ends.length !== 1) {
      yield `has ${ends.length} ends`;
    }
    const { end = '' } = this;
    const isSuccess = end === 'complete' || end === 'left';
    const mayBeLost = sent <= (this.circumstances.quietFrom ?? Infinity);
    if (LOSSES.has(end) ? !mayBeLost : isSuccess === isOdd) {
      yield `ended with ${end}`;
    }
    if (pushed !== undefined && runs.length === 0 && !LOSSES.has(end)) {
      yield `was pushed and never run, and ended with ${end}`;
    }
  }

  private *answers(): Iterable<string> {
    const { replies, runs, values, received, isInOrder } = this.story;
    if (replies.includes(false)) {
      yield `got another's reply`;
    }
    if (!isInOrder) {
      yield 'got values out of order';
    }
    if (this.end === 'complete') {
      if (runs.length === 0) {
        yield 'completed without a run';
      }
      if (values === undefined ? replies.length !== 1 : received !== values) {
        yield `completed with ${values === undefined ? replies.length : received} answers`;
      }
    }
  }

  private *runs(): Iterable<string> {
    const { runs, isOnce } = this.story;
    if (runs.length <= 1) {
      return;
    }
    if (isOnce) {
      yield `was run ${runs.length} times and must not`;
    } else if (!this.mayHaveBeenPushedTwice && runs.slice(1).some((run) => !this.explains(run))) {
      yield `was run ${runs.length} times without a reason: ${JSON.stringify(runs)}`;
    }
  }

  private *losses(): Iterable<string> {
    const { sent, ended = Infinity, runs } = this.story;
    if (this.isOrphan) {
      return;
    }
    if (this.end === 'WORKER_LOST' && !this.wasLost(undefined, sent, ended)) {
      yield `heard of a loss that was none`;
    }
    const last = runs.at(-1);
    if (
      this.end === 'REQUEST_TIMEOUT' &&
      last &&
      ended - last.at > LONGEST_WAY_BACK &&
      !this.wasLost(last.pid, last.at, ended)
    ) {
      yield `was run and not answered: ${JSON.stringify(runs)}`;
    }
  }

  /** Whether a connection broke before Redis had confirmed it. */
  private get mayHaveBeenPushedTwice(): boolean {
    const { sent, pushed = Infinity } = this.story;
    return this.circumstances.faults.some(
      ({ costs, from, to }) => costs !== 'time' && from <= pushed && to + BREATH >= sent,
    );
  }

  /** Whether there is a run before this one whose worker was lost. */
  private explains(run: Run): boolean {
    return this.story.runs.some(
      ({ pid, at }) => at < run.at && this.wasLost(pid, at - AFTERMATH, run.at),
    );
  }

  /** @param pid - which worker; `undefined` = any. */
  private wasLost(pid: number | undefined, from: number, to: number): boolean {
    const { faults, stallLimit = 60_000 } = this.circumstances;
    const near = faults.filter(
      (fault) =>
        (pid === undefined || fault.pid === undefined || fault.pid === pid) &&
        fault.from <= to &&
        fault.to + AFTERMATH >= from,
    );
    return (
      near.some(({ costs }) => costs === 'worker') || longestSilence(near) + BREATH >= stallLimit
    );
  }
}

/** @returns for how long there were silences with no breath between them, ms. */
function longestSilence(faults: readonly Fault[]): number {
  const silences = faults
    .filter(({ costs }) => costs === 'silence')
    .toSorted((one, other) => one.from - other.from);
  let longest = 0;
  let from = 0;
  let to = -Infinity;
  for (const silence of silences) {
    if (silence.from > to + BREATH) {
      from = silence.from;
    }
    to = Math.max(to, silence.to);
    longest = Math.max(longest, to - from);
  }
  return longest;
}
