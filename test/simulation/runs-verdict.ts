import { MAX_RETURN_MS } from '../../lib/worker/liveness/outage-history.js';
import type { Return } from './server-ledger.js';
import type { Fault, Run, Story } from './ledger.js';
import type { World } from './world.js';

/** How long workers may take to learn of a cancellation, ms. */
const KNOWN_AFTER_MS = 50;

/** How long after its deadline a job may start, ms: the clocks show whole ms. */
const LATE_MS = 2;

/** How long after its fault a worker may still count as lost, ms: others recover nothing for a while after each outage of their own. */
const RETURN_MS = 2 * MAX_RETURN_MS + 10_000;

/** @returns what is wrong with how often, when and where the handler of a question was run. */
export function* wrongRuns(story: Story, world: World): Iterable<string> {
  const { runs, deadline, question } = story;
  const { serverLedger } = world.server;
  const { key } = question;
  const losses = serverLedger.losses.of(key);
  // What a server has lost may be done again, as after one more push.
  const pushes = serverLedger.pushes.of(key) + losses;
  const returns = serverLedger.returns.get(key) ?? [];
  const isLost = losses > 0 || serverLedger.dead.has(key);
  if (pushes > 0 && runs.length === 0 && !isLost && mustRun(story)) {
    yield 'was pushed and never run';
  }
  if (runs.some(({ at }) => at > deadline + LATE_MS) && question.protocol === 2) {
    yield `was run after its deadline`;
  }
  yield* wrongCount(story, pushes, losses, returns, world);
  for (const each of returns) {
    yield* wrongReturn(each, story, pushes, world);
  }
  yield* wrongAfterCancelling(story, world.ledger.faults);
  const firstValue = serverLedger.firstValues.get(key) ?? Infinity;
  const isAgain = (run: Run): boolean => run.at > firstValue && !isLateStart(run, story, world);
  if (pushes === 1 && runs.some(isAgain)) {
    yield 'is a stream that started again';
  }
}

/**
 * Whether a worker that was frozen or cut off, and is taken for lost by now, starts a job that had arrived before. It finds out when it
 * settles the job, or sends a value.
 */
const isLateStart = ({ at, process }: Run, { question, runs }: Story, world: World): boolean =>
  (world.server.serverLedger.returns.get(question.key) ?? []).some(
    (taken) =>
      taken.at <= at &&
      world.processOf(taken.workerId)?.name === process &&
      !runs.some((run) => run.process === process && run.at <= taken.at),
  );

/** Whether the job has to run unless it is a dead letter. */
const mustRun = ({ deadline, leftAt, ends: [end] }: Story): boolean =>
  deadline === Infinity &&
  leftAt === undefined &&
  (end === undefined || ['complete', 'REMOTE'].includes(end.end));

function* wrongCount(
  { question, runs }: Story,
  pushes: number,
  losses: number,
  returns: readonly Return[],
  { options }: World,
): Iterable<string> {
  const most = question.maxDeliveries ?? options.maxDeliveries;
  if (most === 1 && runs.length > 1 + losses) {
    yield `was run ${runs.length} times and must not`;
  }
  if (runs.length > pushes + returns.length) {
    yield `was run ${runs.length} times after ${pushes} pushes and ${returns.length} returns`;
  }
  const recoveries = returns.filter(({ why }) => why === 'worker lost').length;
  if (recoveries > pushes * (most - 1)) {
    yield `went back to its queue after ${recoveries} losses and may only be delivered ${most} times`;
  }
}

/** A running job goes back to its queue only when its worker is lost or stops. (Of a job that was pushed twice, the other one may run.) */
function* wrongReturn(
  { at, workerId, why }: Return,
  story: Story,
  pushes: number,
  world: World,
): Iterable<string> {
  const process = world.processOf(workerId)?.name ?? 'nobody';
  const begun = story.runs.filter((run) => run.process === process && run.at <= at);
  const hadBegun = begun.length >= pushes;
  const { faults } = world.ledger;
  if ((why === 'worker lost' || hadBegun) && !isExplained(at, process, faults, world)) {
    yield `was taken from ${process} at ${at} (${why}) without a fault`;
  }
}

const isExplained = (
  at: number,
  process: string,
  faults: readonly Fault[],
  world: World,
): boolean =>
  faults.some(
    ({ of, costs, from, to }) =>
      costs === 'workers' &&
      (of === undefined || of === process) &&
      from <= at &&
      at <= to + world.options.lease + world.options.stallLimit + RETURN_MS,
  );

/** A cancellation reaches the workers, unless there was a fault. */
function* wrongAfterCancelling(
  { leftAt, runs, question }: Story,
  faults: readonly Fault[],
): Iterable<string> {
  if (leftAt === undefined || question.protocol === 1) {
    return;
  }
  const known = leftAt + KNOWN_AFTER_MS;
  const isUntroubled = ({ at }: Run): boolean =>
    !faults.some(({ from }) => from <= Math.max(at, known));
  if (runs.some((run) => run.at > known && isUntroubled(run))) {
    yield 'was run after its caller had cancelled';
  }
  if (!question.isStubborn && runs.some((run) => run.endedAt > known && isUntroubled(run))) {
    yield 'went on after its caller had cancelled';
  }
}
