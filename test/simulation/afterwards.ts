import { Keys } from '../../lib/protocol/keys.js';
import { send } from './caller.js';
import type { Run, Story } from './ledger.js';
import type { SimulatedProcess } from './process.js';
import { plainQuestion, QUEUES } from './question.js';
import type { World } from './world.js';

/** How long it may take until all requests have ended, ms. */
const RECOVERY_MS = 300_000;
/** How often to check whether all requests have ended, ms. */
const LOOK_INTERVAL_MS = 100;
/** How long a burst or a shutdown may take, ms. */
const SHORT_MS = 60_000;
/** How long the last timers may run, ms. */
const LAST_TIMERS_MS = 6_000;
/** Most bursts that a worker gets until it has run all jobs of one burst at the same time. */
const MOST_BURSTS = 3;
/** It keeps the names of queues. */
const REGISTRY = new Keys().queues;
/** Longest wait before a refused call is retried, ms. */
const LONGEST_BACKOFF_MS = 6_000;
/** How long each job of a burst takes, ms: longer than it takes to start as many jobs as may run at a time. */
const BURST_WORK_MS = 250;

/** Waits until all requests, emits and runs have ended. @returns whether they have. */
export async function allEnded(world: World): Promise<boolean> {
  const { scheduler, ledger } = world;
  let nextLook = 0;
  const isOver = await scheduler.until(() => {
    if (scheduler.time < nextLook) {
      return false;
    }
    nextLook = scheduler.time + LOOK_INTERVAL_MS;
    return unfinished(world).length === 0;
  }, RECOVERY_MS);
  if (!isOver) {
    ledger.wrong(`not all is over: ${unfinished(world).join(', ')}`);
  }
  return isOver;
}

/** @returns what has not ended: requests, runs, processes, and keys of jobs that wait or are in a slot. */
function unfinished(world: World): string[] {
  const { server, processes, outside } = world;
  server.store.startOperation(server.now());
  const waiting = waitingStories(world);
  const forsaken = waiting.filter(isForsaken);
  const isPending = ({ name, client }: SimulatedProcess): boolean =>
    client.pending > forsaken.filter((story) => story.client === name).length;
  return [
    // A poison job may have killed a process meanwhile, which is replaced later.
    ...(outside.pending > 0 ? ['what is planned'] : []),
    ...processes.flatMap((process) =>
      process.isAlive && isPending(process) ? [`${process.name} waits`] : [],
    ),
    // Runs that nobody waits for any more still count for the concurrency.
    ...processes.flatMap(({ name, isAlive, isIdle, isServing }) =>
      isAlive && !(isIdle && isServing) ? [`${name} is not ready`] : [],
    ),
    ...processes.flatMap(({ name, isClosing }) => (isClosing ? [`${name} closes`] : [])),
    ...waiting.flatMap((story) => (isForsaken(story) ? [] : [story.question.key])),
    ...server.store.keys.filter((key) => /requests$|active:/.test(key)),
  ];
}

/** @returns what has no end yet, and somebody waits for. */
const waitingStories = ({ ledger }: World): Story[] =>
  [...ledger.stories.values()].filter(({ ends, isOrphan }) => ends.length === 0 && !isOrphan);

/** Whether the server has lost the job, so that there may be no reply ever. */
const isForsaken = ({ forsakenAt }: Story): boolean => forsakenAt !== undefined;

/** Checks that no slot was lost: each worker gets as many jobs as it may run, and has to run all of them at the same time. */
export async function burst(world: World): Promise<void> {
  for (const process of world.alive()) {
    const others = world.alive().filter((each) => each !== process);
    await pause(world, others);
    for (const queue of QUEUES) {
      if (!(await mayRunAll(world, process, queue))) {
        const { name, options } = process;
        world.ledger.wrong(`${name} has not run ${options.concurrency} jobs of ${queue} at a time`);
      }
    }
    others.forEach(({ workers }) => QUEUES.forEach((queue) => workers.resume(queue)));
  }
}

async function pause({ scheduler, ledger }: World, processes: SimulatedProcess[]): Promise<void> {
  const pauses = processes.flatMap(({ workers }) => QUEUES.map((queue) => workers.pause(queue)));
  let arePaused = false;
  void Promise.all(pauses).then(() => (arePaused = true));
  if (!(await scheduler.until(() => arePaused, SHORT_MS))) {
    ledger.wrong('not all are paused');
  }
}

/**
 * Tries several bursts: a refused call that waits for its retry may hold a slot for a while, but a lost slot stays lost. Poison that a
 * server still holds may kill the process meanwhile.
 */
async function mayRunAll(world: World, process: SimulatedProcess, queue: string): Promise<boolean> {
  for (let tries = 1; tries <= MOST_BURSTS; tries++) {
    const [caller] = world.alive();
    if (!caller || !process.isAlive || (await burstOf(world, caller, process, queue, tries))) {
      return true;
    }
    await world.scheduler.pass(LONGEST_BACKOFF_MS);
  }
  return !process.isAlive;
}

/** @returns whether all jobs of the burst ran at the same time. */
async function burstOf(
  { scheduler, ledger }: World,
  caller: SimulatedProcess,
  { name, options: { concurrency } }: SimulatedProcess,
  queue: string,
  tries: number,
): Promise<boolean> {
  const questions = Array.from({ length: concurrency }, (_, index) => ({
    ...plainQuestion(`burst-${name}-${queue}-${tries}-${index}`, queue),
    ms: BURST_WORK_MS,
  }));
  questions.forEach((question) => void send(question, caller, ledger));
  const stories = questions.flatMap(({ key }) => ledger.stories.get(key) ?? []);
  const runs = (): Run[] => stories.flatMap((story) => story.runs.slice(0, 1));
  const areRun = await scheduler.until(() => runs().length === concurrency, SHORT_MS);
  const starts = runs().map(({ at }) => at);
  await scheduler.until(() => stories.every(({ ends }) => ends.length > 0), SHORT_MS);
  return areRun && Math.max(...starts) - Math.min(...starts) < BURST_WORK_MS;
}

/** Waits until the server knows no other workers than those of the processes that are alive. */
export async function allForgotten(world: World): Promise<void> {
  const { scheduler, ledger, server } = world;
  const alive = world.alive();
  const areForgotten = (): boolean =>
    alive.every(({ isServing }) => isServing) &&
    QUEUES.every((queue) => server.workersOf(queue).length === alive.length);
  if (!(await scheduler.until(areForgotten, RECOVERY_MS))) {
    ledger.wrong(
      `known of ${alive.length}: ${QUEUES.map((queue) => server.workersOf(queue).join(' '))}`,
    );
  }
}

async function closeAll({ scheduler, ledger, processes }: World): Promise<void> {
  const closed = Promise.all(processes.filter(({ isAlive }) => isAlive).map((p) => p.close()));
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  if (!(await scheduler.until(() => isClosed, SHORT_MS))) {
    ledger.wrong('not all are closed');
  }
}

/** Closes all processes, and checks that no timers and no keys are left. */
export async function shutDown(world: World): Promise<void> {
  const { scheduler, ledger, server, processes } = world;
  // Poison may have killed a process in the last burst, which another one comes for.
  await scheduler.until(() => world.outside.pending === 0, SHORT_MS);
  // The reply of a job that was run all the same may be in its list, while the refused read of it waits for its retry.
  await scheduler.until(() => waitingStories(world).length === 0, LONGEST_BACKOFF_MS);
  const areCutOff = world.alive().some(({ driver }) => !driver.isReady);
  await closeAll(world);
  if (areCutOff) {
    // A process without a connection cannot give up its leases: a new process has to find its workers lost.
    world.replace();
    await allForgotten(world);
    await closeAll(world);
  }
  await scheduler.pass(LAST_TIMERS_MS);
  for (const { name, runtime } of processes) {
    if (runtime.pending > 0) {
      ledger.wrong(`${name} has left ${runtime.pending} timers behind`);
    }
  }
  if (world.serverTimers > 0) {
    ledger.wrong('the server has left timers behind');
  }
  server.store.startOperation(server.now());
  const left = server.store.keys.filter(
    (key) =>
      server.store.timeLeft(key) === -1 && !/dead(ids|letters)$/.test(key) && key !== REGISTRY,
  );
  if (left.length > 0) {
    ledger.wrong(`left in the store: ${left.join(', ')}`);
  }
}
