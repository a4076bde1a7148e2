import { replyTo, valueOf } from './handlers.js';
import type { Fault, Run, Story } from './ledger.js';
import type { World } from './world.js';

/** Ends that only faults may cause. */
const LOSSES: ReadonlySet<string> = new Set(['WORKER_LOST', 'PUSH_FAILED', 'CLIENT_CLOSED']);

/** A refusal after which a job is pushed again. */
const PASSING_REFUSAL = /\b(?:MOVED|ASK|TRYAGAIN|UNBLOCKED|READONLY|LOADING|OOM)\b/;

/** How long after its deadline a request may end, ms: the client looks for the cause of the timeout first. */
const LATEST_END_MS = 2_000;

/** How long after the start Redis may know no worker yet, ms. */
const START_MS = 100;

/** @returns what is wrong with the values and the end that a caller got. */
export function* wrongReplies(
  story: Story,
  { ledger: { faults }, options: { maxPending } }: World,
): Iterable<string> {
  const { ends, isOrphan, client, deadline, question } = story;
  const [end] = ends;
  if (ends.length !== (isOrphan ? 0 : 1)) {
    yield `has ${ends.length} ends: ${JSON.stringify(ends)}`;
  }
  yield* question.call === 'emit' ? wrongReceipt(story) : wrongValues(story);
  if (!end) {
    return;
  }
  if (!mayEndWith(end.end, story, maxPending)) {
    yield `ended with ${end.end} ${end.text}`;
  }
  if (end.end === 'PUSH_FAILED' && PASSING_REFUSAL.test(end.text)) {
    yield `ended with a refusal that passes: ${end.text}`;
  }
  if (end.end === 'CLIENT_CLOSED' && wasAnsweredLater(story, faults)) {
    yield 'has waited in vain, though its job was run after the server had lost it';
  }
  if (needsFault(end.end, story) && !hadFault(faults, end.at)) {
    yield `ended with ${end.end} without a fault`;
  }
  if (question.call === 'send' && end.at > deadline + LATEST_END_MS && !isFrozen(faults, client)) {
    yield `ended ${end.at - deadline} ms after its deadline`;
  }
}

function* wrongReceipt({ values, ends: [end] }: Story): Iterable<string> {
  if (values.length > 1 || (end?.end === 'complete' && values.length === 0)) {
    yield `ended with ${end?.end} after ${values.length} receipts`;
  }
}

function* wrongValues({ question, values, ends: [end], runs }: Story): Iterable<string> {
  const { kind, count } = question;
  const most = kind === 'stream' ? count : 1;
  const expected = Array.from({ length: most }, (_, index) =>
    kind === 'stream' ? valueOf(question, index) : replyTo(question),
  );
  if (values.length > most || values.some((value, index) => value !== expected[index])) {
    yield `got ${JSON.stringify(values)}`;
  }
  if (end?.end === 'complete' && (kind === 'throw' || values.length < most || runs.length === 0)) {
    yield `completed with ${values.length} values after ${runs.length} runs`;
  }
  if (end?.end === 'REMOTE' && end.text !== replyTo(question)) {
    yield `ended with the error of another request: ${end.text}`;
  }
}

/** Whether the question allows for an end. */
function mayEndWith(end: string, story: Story, maxPending: number): boolean {
  const { question, deadline, ends, leftAt, parent, open } = story;
  const at = ends[0]?.at ?? 0;
  switch (end) {
    case 'complete':
      return true;
    case 'REMOTE':
      return question.kind === 'throw';
    case 'cancelled':
    case 'LEFT':
      return leftAt !== undefined;
    case 'REQUEST_TIMEOUT':
      return at >= deadline - 1;
    case 'NO_WORKERS':
      return question.requireWorker;
    case 'QUEUE_FULL':
      return question.maxQueueLength !== undefined;
    case 'PENDING_LIMIT':
      return open > maxPending;
    default:
      // A request of a handler is cancelled with the job: the reasons of `job.signal` have these codes.
      return (
        LOSSES.has(end) || (parent !== undefined && ['20', '23', 'JOB_ANSWERED'].includes(end))
      );
  }
}

function needsFault(end: string, { sentAt, forsakenAt, parent }: Story): boolean {
  return (
    (LOSSES.has(end) && forsakenAt === undefined && parent === undefined) ||
    (end === 'NO_WORKERS' && sentAt > START_MS)
  );
}

/**
 * Whether a job was run to its end after its loss, and neither worker nor client has ever stopped: its reply is pushed whatever was
 * lost. (The reply to a version 1 request is popped from its list, so that it is lost with the line that pops it.)
 */
const wasAnsweredLater = (story: Story, faults: readonly Fault[]): boolean => {
  const { question, runs, client, forsakenAt = Infinity } = story;
  return (
    question.protocol === 2 &&
    !hasStopped(faults, client) &&
    runs.some(
      (run) =>
        run.endedAt > forsakenAt &&
        run.endedAt < Infinity &&
        !hasStopped(faults, run.process) &&
        (question.kind !== 'stream' || endsStream(run, story)),
    )
  );
};

/**
 * Whether a run has to end its stream: one that is refused does not, and a stubborn handler may return long after its run was
 * cancelled. Where the caller has values of another run, it notices the end of one that sends values.
 */
const endsStream = (
  { at }: Run,
  { question, values, wasSpoiled, forsakenAt = 0 }: Story,
): boolean =>
  !wasSpoiled &&
  !question.isStubborn &&
  (at <= forsakenAt || values.length === 0 || question.count > 0);

/** Whether the workers of a process were stopped, or the process has ended. */
const hasStopped = (faults: readonly Fault[], process: string): boolean =>
  faults.some(({ text, of, to }) => of === process && (to === Infinity || text.endsWith(' stop')));

const hadFault = (faults: readonly Fault[], until: number): boolean =>
  faults.some(({ costs, from }) => costs !== 'time' && from <= until);

/** Whether a process was frozen at any time. */
const isFrozen = (faults: readonly Fault[], process: string): boolean =>
  faults.some(({ text, of }) => of === process && text.includes('is frozen'));
