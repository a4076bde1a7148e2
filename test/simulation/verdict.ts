import { answerTo, valueOf } from './handlers.js';
import type { Fault, Ledger, Story } from './ledger.js';

/** Ends that only faults lead to. */
const LOSSES: ReadonlySet<string> = new Set(['WORKER_LOST', 'PUSH_FAILED', 'CLIENT_CLOSED']);

/** How long a fault may show, ms: a worker that stands still is lost by then, and its jobs are back. */
const AFTERMATH_MS = 90_000;

/** What is left of a job in the store. */
export interface Leftovers {
  /** The keys of those that are dead. */
  readonly dead: ReadonlySet<string>;
}

/** @returns what must not be, of all that happened. */
export const findWrongs = (ledger: Ledger, leftovers: Leftovers): string[] => [
  ...ledger.wrongs,
  ...[...ledger.stories.values()].flatMap((story) =>
    [...wrongsOf(story, ledger.faults, leftovers)].map((wrong) => `${story.question.key} ${wrong}`),
  ),
];

function* wrongsOf(story: Story, faults: readonly Fault[], { dead }: Leftovers): Iterable<string> {
  const { question, ends, runs, isOrphan, pushedAt } = story;
  const [end] = ends;
  if (ends.length !== (isOrphan ? 0 : 1)) {
    yield `has ${ends.length} ends: ${JSON.stringify(ends)}`;
  }
  yield* wrongAnswers(story);
  if (end && LOSSES.has(end.end) && !isExplained(story, end.at, faults)) {
    yield `ended with ${end.end} without a fault`;
  }
  const isLeft = end !== undefined && end.end !== 'complete' && end.end !== 'REMOTE';
  if (pushedAt !== undefined && runs.length === 0 && !dead.has(question.key)) {
    const mayExpire = question.timeout > 0;
    if (!isLeft && !isOrphan && !mayExpire) {
      yield 'was pushed and never run';
    }
  }
  if (runs.length > 1) {
    if (question.maxDeliveries === 1) {
      yield `was run ${runs.length} times and must not`;
    } else if (!isExplained(story, runs.at(-1)?.at, faults)) {
      yield `was run ${runs.length} times without a fault`;
    }
  }
}

function* wrongAnswers({ question, values, ends, runs, sentAt }: Story): Iterable<string> {
  const { kind, call, count, timeout } = question;
  const { end = '', text = '', at = 0 } = ends[0] ?? {};
  if (call === 'emit') {
    if (values.length > 1 || !['', 'complete', 'REQUEST_TIMEOUT', ...LOSSES].includes(end)) {
      yield `ended with ${end} ${text} after ${values.length} receipts`;
    }
    return;
  }
  const most = kind === 'stream' ? count : 1;
  const expected = Array.from({ length: most }, (_, index) =>
    kind === 'stream' ? valueOf(question, index) : answerTo(question),
  );
  if (values.length > most || values.some((value, index) => value !== expected[index])) {
    yield `got ${JSON.stringify(values)}`;
  }
  if (end === 'complete' && (kind === 'throw' || values.length < most || runs.length === 0)) {
    yield `completed with ${values.length} answers after ${runs.length} runs`;
  }
  if (end === 'REMOTE' && (kind !== 'throw' || text !== answerTo(question))) {
    yield `ended with the error of another: ${text}`;
  }
  if (end === 'REQUEST_TIMEOUT' && (timeout === 0 || at - sentAt < timeout - 1)) {
    yield `ended after ${at - sentAt} ms for want of time`;
  }
  if (!['', 'complete', 'REMOTE', 'cancelled', 'REQUEST_TIMEOUT', ...LOSSES].includes(end)) {
    yield `ended with ${end} ${text}`;
  }
}

/** Whether something happened until then that lets a job be lost, or run again. */
const isExplained = ({ sentAt }: Story, until = 0, faults: readonly Fault[]): boolean =>
  faults.some(
    ({ costs, from, to }) => costs === 'runs' && from <= until && to + AFTERMATH_MS >= sentAt,
  );
