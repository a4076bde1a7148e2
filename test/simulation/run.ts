import type { Random } from '../chaos/random.js';
import { Prefetch } from '../../lib/worker/taking/prefetch.js';
import { Keys } from '../../lib/protocol/keys.js';
import { ask } from './asker.js';
import { somethingBad } from './faults.js';
import { QUEUES, randomQuestion, type Question } from './question.js';
import { findWrongs } from './verdict.js';
import type { SimulatedProcess } from './process.js';
import { World } from './world.js';

/** How much is asked, how much goes wrong, and for how long, ms. */
interface Size {
  readonly questions: number;
  readonly faults: number;
  readonly trouble: number;
}

/** Few are big. */
function sizeOf(random: Random): Size {
  if (random.next() < 0.02) {
    return { questions: 400, faults: 20, trouble: 20_000 };
  }
  const isQuiet = random.next() < 0.15;
  return {
    questions: Math.floor(random.between(30, 101)),
    faults: isQuiet ? 0 : Math.floor(random.between(5, 16)),
    trouble: random.pick([1_500, 4_000, 8_000]),
  };
}

/** How long it may take until all is answered that was asked, ms. */
const RECOVERY_MS = 300_000;
/** How often is looked whether all is answered, ms. */
const LOOK_INTERVAL_MS = 100;
/** How long a burst or a shutdown may take, ms. */
const SHORT_MS = 60_000;

/** How long each job of a burst takes, ms: longer than it takes to run all that may run together. */
const BURST_WORK_MS = 250;

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly wrongs: readonly string[];
  readonly trace: readonly string[];
  readonly steps: number;
}

/** Simulates what a seed says. It comes to the same each time. */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Outcome> {
  const { most } = Prefetch;
  // So few jobs would never use one of the usual 256 slots again.
  Prefetch.most = (concurrency) => concurrency + 1;
  try {
    return await simulateWithFewSlots(seed, isTraced);
  } finally {
    Prefetch.most = most;
  }
}

async function simulateWithFewSlots(seed: number, isTraced: boolean): Promise<Outcome> {
  const world = new World(seed, isTraced);
  const { random, ledger, scheduler } = world;
  const { questions, faults, trouble } = sizeOf(random);
  for (let asked = 0; asked < questions;) {
    // Some come one by one, and some together, which take other ways.
    const first = asked;
    asked += random.pick([1, 1, 1, 5, 25]);
    const end = asked;
    const isOneQueue = random.next() < 0.5;
    world.after(random.between(0, trouble), () => {
      const process = random.pick(world.alive());
      const queue = isOneQueue ? random.pick(QUEUES) : undefined;
      for (let index = first; index < end; index++) {
        ask(randomQuestion(`q${index}`, random, queue), process, ledger);
      }
    });
  }
  for (let index = 0; index < (faults); index++) {
    world.after(random.between(0, trouble), () => somethingBad(world, random));
  }
  // Nothing that was planned goes on: what was broken until then was mended before.
  await scheduler.until(() => scheduler.time >= trouble && world.outside.pending === 0, 60_000);
  world.server.heal();
  ledger.tell('all is well');
  world.alive();
  if (!(await scheduler.until(answered(world), RECOVERY_MS))) {
    ledger.wrong(`not all is over: ${unfinished(world).join(', ')}`);
  } else {
    await burst(world);
    await allForgotten(world);
  }
  await shutDown(world);
  const dead = deadIn(world);
  return {
    seed,
    wrongs: [...findWrongs(ledger, { dead }), ...world.server.books.wrongs],
    trace: ledger.trace,
    steps: scheduler.steps,
  };
}

/** @returns whether nobody waits, and nothing waits for a worker or lies in a slot, looked at now and then. */
function answered(world: World): () => boolean {
  let nextLook = 0;
  return () => {
    const { time } = world.scheduler;
    if (time < nextLook) {
      return false;
    }
    nextLook = time + LOOK_INTERVAL_MS;
    return unfinished(world).length === 0;
  };
}

function unfinished({ server, processes, ledger }: World): string[] {
  server.store.beginAt(server.now());
  const waiting = [...ledger.stories.values()].filter(
    ({ ends, isOrphan }) => ends.length === 0 && !isOrphan,
  );
  return [
    ...processes.flatMap(({ name, isAlive, client }) =>
      isAlive && client.pending > 0 ? [`${name} waits`] : [],
    ),
    // Runs that nobody waits for any more still take their places.
    ...processes.flatMap(({ name, isAlive, isIdle, isServing }) =>
      isAlive && !(isIdle && isServing) ? [`${name} is not ready`] : [],
    ),
    ...waiting.map(({ question }) => question.key),
    ...server.store.keys.filter((key) => /requests$|active:/.test(key)),
  ];
}

/** Each worker gets as many jobs as it may run, and has to run all of them at the same time: no slot was lost. */
async function burst(world: World): Promise<void> {
  const [asker] = world.alive();
  for (const process of world.alive()) {
    const others = world.alive().filter((each) => each !== process);
    await pause(world, others);
    for (const queue of QUEUES) {
      await burstOf(world, asker, process, queue);
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

async function burstOf(
  { scheduler, ledger }: World,
  asker: SimulatedProcess,
  { name, options: { concurrency } }: SimulatedProcess,
  queue: string,
): Promise<void> {
  const questions = Array.from({ length: concurrency }, (_, index) =>
    plain(`burst-${name}-${queue}-${index}`, queue),
  );
  const { time } = scheduler;
  questions.forEach((question) => ask(question, asker, ledger));
  const stories = questions.flatMap(({ key }) => ledger.stories.get(key) ?? []);
  const areRun = (): boolean => stories.every(({ runs }) => runs.length > 0);
  if (!(await scheduler.until(areRun, SHORT_MS)) || scheduler.time - time >= BURST_WORK_MS) {
    ledger.wrong(`${name} has not run ${concurrency} jobs of ${queue} at a time`);
  }
  await scheduler.until(() => stories.every(({ ends }) => ends.length > 0), SHORT_MS);
}

const plain = (key: string, queue: string): Question => ({
  key,
  queue,
  kind: 'answer',
  ms: BURST_WORK_MS,
  count: 0,
  isStubborn: false,
  call: 'send',
  protocol: 2,
  timeout: 0,
  maxDeliveries: undefined,
  leaveAfter: undefined,
});

/** Workers that stopped without a word, or died, are looked after by the others. */
async function allForgotten(world: World): Promise<void> {
  const { scheduler, ledger, server } = world;
  const alive = world.alive().length;
  const areForgotten = (): boolean =>
    QUEUES.every((queue) => server.workersOf(queue).length === alive);
  if (!(await scheduler.until(areForgotten, RECOVERY_MS))) {
    ledger.wrong(`known of ${alive}: ${QUEUES.map((queue) => server.workersOf(queue).join(' '))}`);
  }
}

/** Closes all, after which nothing may be left. */
async function shutDown(world: World): Promise<void> {
  const { scheduler, ledger, server, processes } = world;
  const closed = Promise.all(processes.filter(({ isAlive }) => isAlive).map((p) => p.close()));
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  if (!(await scheduler.until(() => isClosed, SHORT_MS))) {
    ledger.wrong('not all are closed');
  }
  await scheduler.pass(6_000);
  for (const { name, runtime } of processes) {
    if (runtime.pending > 0) {
      ledger.wrong(`${name} has left ${runtime.pending} timers behind`);
    }
  }
  if (world.serverTimers > 0) {
    ledger.wrong('the server has left timers behind');
  }
  server.store.beginAt(server.now());
  const left = server.store.keys.filter(
    (key) => server.store.timeLeft(key) === -1 && !key.endsWith('dead'),
  );
  if (left.length > 0) {
    ledger.wrong(`left in the store: ${left.join(', ')}`);
  }
}

/** @returns the keys of the questions that went to a dead list. */
function deadIn({ server }: World): Set<string> {
  const keys = new Keys();
  const elements = QUEUES.flatMap(
    (queue) => server.store.read('list', keys.queue(queue).dead) ?? [],
  );
  const found = elements.flatMap((element) => /"key\\+":\\+"([^\\"]+)/.exec(element)?.[1] ?? []);
  return new Set(found);
}
