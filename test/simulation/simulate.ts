import type { Random } from '../chaos/random.js';
import { Prefetch } from '../../lib/worker/taking/prefetch.js';
import { allEnded, allForgotten, burst, shutDown } from './afterwards.js';
import { send } from './caller.js';
import { randomFault } from './faults.js';
import { QUEUES, randomQuestion } from './question.js';
import { findWrongs } from './verdict.js';
import { World } from './world.js';

/** How many questions and faults there are, and for how long, ms. */
interface Size {
  readonly questions: number;
  readonly faults: number;
  readonly trouble: number;
}

/** How long the last faults may last, ms. */
const LAST_FAULTS_MS = 60_000;

/** The outcome of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly wrongs: readonly string[];
  /** Everything that happened; empty unless it was traced. */
  readonly trace: readonly string[];
  readonly steps: number;
}

/** Simulates a seed. The same seed has the same outcome each time. */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Outcome> {
  const { maxHeld } = Prefetch;
  // With the usual 256 slots, so few jobs would never use a slot a second time.
  Prefetch.maxHeld = (concurrency) => concurrency + (seed % 2);
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    const world = new World(seed, isTraced);
    await haveTrouble(world);
    await recover(world);
    await new Promise(setImmediate);
    unhandled.forEach((error) => world.ledger.wrong(`unhandled rejection: ${String(error)}`));
    const { ledger, scheduler } = world;
    return { seed, wrongs: findWrongs(world), trace: ledger.trace, steps: scheduler.steps };
  } finally {
    process.off('unhandledRejection', onUnhandled);
    Prefetch.maxHeld = maxHeld;
  }
}

/** Chooses a size. Few seeds are big, and some have no faults. */
function sizeOf(random: Random): Size {
  if (random.next() < 0.01) {
    return { questions: 400, faults: 20, trouble: 20_000 };
  }
  const isQuiet = random.next() < 0.15;
  return {
    questions: Math.floor(random.between(20, 80)),
    faults: isQuiet ? 0 : Math.floor(random.between(5, 21)),
    trouble: random.pick([1_500, 4_000, 8_000]),
  };
}

/** Sends questions while faults happen. */
async function haveTrouble(world: World): Promise<void> {
  const { random, ledger, scheduler, server } = world;
  const { questions, faults, trouble } = sizeOf(random);
  for (let asked = 0; asked < questions;) {
    // Jobs that come one by one and jobs that come together are taken and settled in different ways.
    const first = asked;
    asked += random.pick([1, 1, 1, 5, 20]);
    const end = asked;
    const queue = random.next() < 0.5 ? random.pick(QUEUES) : undefined;
    world.after(random.between(0, trouble), () => {
      const process = random.pick(world.alive());
      for (let index = first; index < end; index++) {
        void send(randomQuestion(`q${index}`, random, queue), process, ledger);
      }
    });
  }
  for (let index = 0; index < faults; index++) {
    world.after(random.between(0, trouble), () => randomFault(world, random));
  }
  // All planned faults have ended by then.
  const isOver = (): boolean => scheduler.time >= trouble && world.outside.pending === 0;
  await scheduler.until(isOver, LAST_FAULTS_MS);
  server.plans.clear();
  ledger.tell('all faults are over');
}

/** Waits until all requests have ended, checks that everything works as before, and closes everything. */
async function recover(world: World): Promise<void> {
  world.alive();
  if (await allEnded(world)) {
    await burst(world);
    await allForgotten(world);
  }
  await shutDown(world);
}
