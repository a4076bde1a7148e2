import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Operation } from '../../lib/driver/operation.js';
import { Keys } from '../../lib/protocol/keys.js';
import { giveBackJobs } from '../../lib/protocol/operations/give-back-jobs.js';
import { pushToList, readList } from '../../lib/protocol/operations/lists.js';
import { recoverWorker } from '../../lib/protocol/operations/recover-worker.js';
import { takeJobs } from '../../lib/protocol/operations/take-jobs.js';
import { plainQuestion, type Question } from './question.js';
import { wrongReplies } from './replies-verdict.js';
import { wrongRuns } from './runs-verdict.js';
import { World } from './world.js';
import { NO_BOUNDS } from '../support/dead-letters.js';

const CALLER = 'p1';
const WORKER_ID = 'worker-1';
const QUEUE = new Keys().queue('alpha');
const SLOT = QUEUE.active(WORKER_ID, 0);

/** One question in a world in which nothing happens by itself. */
class Site {
  readonly world = new World(1, false);
  readonly story;
  private readonly job: string;

  constructor(parts: Partial<Question> = {}) {
    const question = { ...plainQuestion('q1', 'alpha'), maxDeliveries: 10, ...parts };
    this.story = this.world.ledger.sent(question, CALLER);
    this.job = JSON.stringify(['id-1', question, {}]);
  }

  push(): void {
    this.carryOut(pushToList, { list: QUEUE.requests, elements: [this.job] });
  }

  take(): void {
    this.carryOut(takeJobs, { requests: QUEUE.requests, slot: SLOT, most: 1 });
  }

  giveBack(): void {
    const places = [{ key: SLOT, position: 0 }];
    this.carryOut(giveBackJobs, { requests: QUEUE.requests, places });
  }

  /** Another worker finds the worker of the job lost. */
  recover(): void {
    const { store } = this.world.server;
    store.write('zset', QUEUE.workers, () => new Map()).set(WORKER_ID, 0);
    const [job = ''] = this.carryOut(readList, { list: SLOT, first: 0, last: -1 });
    const digest = createHash('sha1').update(job).digest('hex');
    this.carryOut(recoverWorker, {
      requests: QUEUE.requests,
      workers: QUEUE.workers,
      dead: QUEUE.deadLetters,
      bounds: NO_BOUNDS,
      totals: QUEUE.totals,
      worker: QUEUE.worker(WORKER_ID),
      workerId: WORKER_ID,
      forget: true,
      slots: [{ key: SLOT, digest, jobs: [{ position: 0 }] }],
    });
  }

  /** The handler of the job is called, and returns later. */
  run(): void {
    const { ledger, scheduler } = this.world;
    const run = ledger.ran(this.story.question, CALLER);
    scheduler.time += 10;
    ledger.runEnded(this.story.question, run);
  }

  reply(): void {
    this.carryOut(pushToList, {
      list: new Keys().replies('caller'),
      elements: ['["id-1","r","answer"]'],
    });
  }

  get wrongRuns(): string[] {
    return [...wrongRuns(this.story, this.world)];
  }

  get wrongReplies(): string[] {
    return [...this.world.server.serverLedger.wrongs, ...wrongReplies(this.story, this.world)];
  }

  private carryOut<Input, Output>(operation: Operation<Input, Output>, input: Input): Output {
    return this.world.server.carryOut(operation, input);
  }
}

it.each<[string, (site: Site) => void]>([
  ['given back by its worker', (site) => site.giveBack()],
  ['recovered', (site) => site.recover()],
])('a job that is %s may run once more, and is not pushed by that', (_, goBack) => {
  const site = new Site();
  site.world.ledger.fault('p1 is frozen', 'workers');
  site.push();
  site.take();
  site.run();
  goBack(site);
  site.take();
  site.run();
  expect(site.wrongRuns).toEqual([]);
  site.run();
  expect(site.wrongRuns).toEqual(['was run 3 times after 1 pushes and 1 returns']);
});

it('each delivery of a job may be answered once more when the owner has changed', () => {
  const site = new Site();
  site.push();
  site.push();
  site.reply();
  site.world.server.takeOver('failover', 0);
  [1, 2, 3].forEach(() => site.reply());
  expect(site.world.server.serverLedger.wrongs).toEqual([]);
  site.reply();
  expect(site.world.server.serverLedger.wrongs).toEqual([
    'q1 was pushed 2 times and got 5 replies',
  ]);
});

it('a spoiled reply list concerns no version 1 request, which has one of its own', () => {
  const sites = [new Site({ protocol: 1 }), new Site({ protocol: 2 })];
  sites.forEach(({ world }) => world.ledger.forsake(CALLER, () => true));
  expect(sites.map(({ story }) => story.forsakenAt)).toEqual([undefined, 0]);
});

it.each<[string, Partial<Question>, boolean]>([
  ['request has to be answered', {}, true],
  ['version 1 request may lose its reply with the line that pops it', { protocol: 1 }, false],
])('after the loss of its job, a %s', (_, parts, isWrong) => {
  const site = new Site(parts);
  site.push();
  site.world.ledger.forsakeJobs(['q1']);
  site.run();
  site.world.ledger.ended(site.story, 'CLIENT_CLOSED');
  const wrong = 'has waited in vain, though its job was run after the server had lost it';
  expect(site.wrongReplies).toEqual(isWrong ? [wrong] : []);
});
