import type { Random } from '../chaos/random.js';
import { Prefetch } from '../../lib/worker/taking/prefetch.js';
import { allEnded, allForgotten, burst, shutDown } from './afterwards.js';
import { ask } from './asker.js';
import { somethingBad } from './faults.js';
import { QUEUES, randomQuestion } from './question.js';
import { findWrongs } from './verdict.js';
import { World } from './world.js';

/** How much is asked, how much goes wrong, and for how long, ms. */
interface Size {
  readonly questions: number;
  readonly faults: number;
  readonly trouble: number;
}

/** How long what was broken may take to be mended, ms. */
const MENDING_MS = 60_000;

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly wrongs: readonly string[];
  /** All that happened; nothing where it was not to be traced. */
  readonly trace: readonly string[];
  readonly steps: number;
}

/** Simulates what a seed says. It comes to the same each time. */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Outcome> {
  const { maxHeld } = Prefetch;
  // So few jobs would never use one of the usual 256 slots again.
  Prefetch.maxHeld = (concurrency) => concurrency + (seed % 2);
  const unheard: unknown[] = [];
  const onUnheard = (error: unknown): void => void unheard.push(error);
  process.on('unhandledRejection', onUnheard);
  try {
    const world = new World(seed, isTraced);
    await haveTrouble(world);
    await recover(world);
    await new Promise(setImmediate);
    unheard.forEach((error) => world.ledger.wrong(`nobody heard of ${String(error)}`));
    const { ledger, scheduler } = world;
    return { seed, wrongs: findWrongs(world), trace: ledger.trace, steps: scheduler.steps };
  } finally {
    process.off('unhandledRejection', onUnheard);
    Prefetch.maxHeld = maxHeld;
  }
}

/** Few are big, and in some nothing goes wrong. */
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

/** Asks, and lets things go wrong meanwhile. */
async function haveTrouble(world: World): Promise<void> {
  const { random, ledger, scheduler, server } = world;
  const { questions, faults, trouble } = sizeOf(random);
  for (let asked = 0; asked < questions;) {
    // Some come one by one, and some together, which take other ways.
    const first = asked;
    asked += random.pick([1, 1, 1, 5, 20]);
    const end = asked;
    const queue = random.next() < 0.5 ? random.pick(QUEUES) : undefined;
    world.after(random.between(0, trouble), () => {
      const process = random.pick(world.alive());
      for (let index = first; index < end; index++) {
        void ask(randomQuestion(`q${index}`, random, queue), process, ledger);
      }
    });
  }
  for (let index = 0; index < faults; index++) {
    world.after(random.between(0, trouble), () => somethingBad(world, random));
  }
  // Nothing that was planned goes on: what was broken until then was mended before.
  const isOver = (): boolean => scheduler.time >= trouble && world.outside.pending === 0;
  await scheduler.until(isOver, MENDING_MS);
  server.plans.clear();
  ledger.tell('all is well');
}

/** Waits until all has ended, looks whether everything works as before, and ends it. */
async function recover(world: World): Promise<void> {
  world.alive();
  if (await allEnded(world)) {
    await burst(world);
    await allForgotten(world);
  }
  await shutDown(world);
}
