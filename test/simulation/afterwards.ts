import { ask } from './asker.js';
import type { Run } from './ledger.js';
import type { SimulatedProcess } from './process.js';
import { plainQuestion, QUEUES } from './question.js';
import type { World } from './world.js';

/** How long it may take until all is answered that was asked, ms. */
const RECOVERY_MS = 300_000;
/** How often is looked whether all is answered, ms. */
const LOOK_INTERVAL_MS = 100;
/** How long a burst or a shutdown may take, ms. */
const SHORT_MS = 60_000;
/** How long the last timers may take, ms. */
const LAST_TIMERS_MS = 6_000;
/** How many bursts a worker gets at most until it has run all of one at a time. */
const MOST_BURSTS = 3;
/** After how long what was refused is tried again at the latest, ms. */
const LONGEST_BACKOFF_MS = 6_000;
/** How long each job of a burst takes, ms: longer than it takes to run all that may run together. */
const BURST_WORK_MS = 250;

/** Waits until all that was asked has ended. @returns whether it has. */
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

/** @returns who waits, what runs, and what waits for a worker or is in a slot. */
function unfinished({ server, processes, ledger, outside }: World): string[] {
  server.store.startOperation(server.now());
  const waiting = [...ledger.stories.values()].filter(
    ({ ends, isOrphan }) => ends.length === 0 && !isOrphan,
  );
  const forsaken = waiting.filter(({ isForsaken }) => isForsaken);
  const isPending = ({ name, client }: SimulatedProcess): boolean =>
    client.pending > forsaken.filter((story) => story.client === name).length;
  return [
    // Poison may have killed a process meanwhile.
    ...(outside.pending > 0 ? ['what is planned'] : []),
    ...processes.flatMap((process) =>
      process.isAlive && isPending(process) ? [`${process.name} waits`] : [],
    ),
    // Runs that nobody waits for any more still take their places.
    ...processes.flatMap(({ name, isAlive, isIdle, isServing }) =>
      isAlive && !(isIdle && isServing) ? [`${name} is not ready`] : [],
    ),
    ...processes.flatMap(({ name, isClosing }) => (isClosing ? [`${name} closes`] : [])),
    ...waiting.flatMap(({ question, isForsaken }) => (isForsaken ? [] : [question.key])),
    ...server.store.keys.filter((key) => /requests$|active:/.test(key)),
  ];
}

/** Each worker gets as many jobs as it may run, and has to run all of them at the same time: no slot was lost. */
export async function burst(world: World): Promise<void> {
  const [asker] = world.alive();
  for (const process of world.alive()) {
    const others = world.alive().filter((each) => each !== process);
    await pause(world, others);
    for (const queue of QUEUES) {
      if (!(await mayRunAll(world, asker, process, queue))) {
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

/** What was refused is tried again some time later, until when it may hold a place. What is lost is so for good. */
async function mayRunAll(
  world: World,
  asker: SimulatedProcess,
  process: SimulatedProcess,
  queue: string,
): Promise<boolean> {
  for (let tries = 1; tries <= MOST_BURSTS; tries++) {
    if (await burstOf(world, asker, process, queue, tries)) {
      return true;
    }
    await world.scheduler.pass(LONGEST_BACKOFF_MS);
  }
  return false;
}

/** @returns whether all were run at a time. */
async function burstOf(
  { scheduler, ledger }: World,
  asker: SimulatedProcess,
  { name, options: { concurrency } }: SimulatedProcess,
  queue: string,
  tries: number,
): Promise<boolean> {
  const questions = Array.from({ length: concurrency }, (_, index) => ({
    ...plainQuestion(`burst-${name}-${queue}-${tries}-${index}`, queue),
    ms: BURST_WORK_MS,
  }));
  questions.forEach((question) => void ask(question, asker, ledger));
  const stories = questions.flatMap(({ key }) => ledger.stories.get(key) ?? []);
  const runs = (): Run[] => stories.flatMap((story) => story.runs.slice(0, 1));
  const areRun = await scheduler.until(() => runs().length === concurrency, SHORT_MS);
  const starts = runs().map(({ at }) => at);
  await scheduler.until(() => stories.every(({ ends }) => ends.length > 0), SHORT_MS);
  return areRun && Math.max(...starts) - Math.min(...starts) < BURST_WORK_MS;
}

/** Workers that stopped without a word, or died, are looked after by the others. */
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

/** Closes all, after which nothing may be left. */
export async function shutDown(world: World): Promise<void> {
  const { scheduler, ledger, server, processes } = world;
  const areCutOff = world.alive().some(({ driver }) => !driver.isReady);
  await closeAll(world);
  if (areCutOff) {
    // Who cannot tell the server of its end is found by those who come later.
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
    (key) => server.store.timeLeft(key) === -1 && !key.endsWith('dead'),
  );
  if (left.length > 0) {
    ledger.wrong(`left in the store: ${left.join(', ')}`);
  }
}
