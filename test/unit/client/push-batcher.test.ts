import { AsyncResource } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { ApplicationCode } from '../../../lib/client/calls/application-code.js';
import { OutgoingJob, type JobSender } from '../../../lib/client/sending/outgoing-job.js';
import { PushBatcher } from '../../../lib/client/sending/push-batcher.js';
import { ClientClosedError } from '../../../lib/errors/index.js';
import { Keys } from '../../../lib/protocol/keys.js';
import type { Driver } from '../../../lib/driver/driver.js';
import type { PushToList } from '../../../lib/protocol/operations/lists.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const MEGABYTE = 1024 * 1024;

class Sender extends AsyncResource implements JobSender {
  readonly queue = 'reports';
  isOver = false;

  constructor(readonly id: string) {
    super('Sender');
  }

  timeLeft(): undefined {}

  isWaiting(): boolean {
    return !this.isOver;
  }

  pushed(): void {
    this.isOver = true;
  }

  unconfirmed(): void {
    this.isOver = true;
  }

  fail(): void {
    this.isOver = true;
  }
}

interface Push {
  readonly elements: readonly string[];
  answer(): void;
  fail(error: Error): void;
}

/** A batcher whose pushes are answered when the test says so. */
function newBatcher() {
  const runtime = new VirtualRuntime();
  const pushes: Push[] = [];
  const push = (_push: unknown, { elements }: PushToList): Promise<number> =>
    new Promise<number>((resolve, reject) => {
      pushes.push({
        elements: elements.map(String),
        answer: () => resolve(elements.length),
        fail: reject,
      });
    });
  const connections = {
    isReady: true,
    state: 'ready',
    clock: { now: () => 0 },
    runtime,
    lost: () => new Promise<void>(() => undefined),
    commands: {
      settled: (start: (run: typeof push) => Promise<unknown>[]) => Promise.allSettled(start(push)),
    },
  };
  const log = new KeptLog();
  const batcher = new PushBatcher(
    connections as unknown as Driver,
    new Keys(),
    (queue) => new ClientClosedError(queue),
    log,
  );
  const code = new ApplicationCode(log);
  let count = 0;
  return {
    batcher,
    runtime,
    nextTurn: () => runtime.advanceAsync(0),
    pushes,
    log,
    add(data: unknown): Sender {
      const sender = new Sender(`job-${count++}`);
      batcher.add(new OutgoingJob(sender, data, {}, undefined, 8 * MEGABYTE, code));
      return sender;
    },
  };
}

const dataOf = (pushes: readonly Push[]): string[] =>
  pushes.flatMap(({ elements }) => elements.map((each) => JSON.parse(each)[1][0]));

it('has so much underway at a time, and the rest behind it in its order', async () => {
  const { batcher, nextTurn, pushes, add } = newBatcher();
  const names = Array.from({ length: 40 }, (_, index) => `${index}:`);
  names.forEach((name) => add([name, 'x'.repeat(MEGABYTE)]));
  await nextTurn();
  expect(pushes).toHaveLength(16);
  add(['last', '']);
  await nextTurn();
  expect(pushes).toHaveLength(16);
  for (let answered = 0; answered < pushes.length; answered++) {
    pushes[answered]?.answer();
    await nextTurn();
    await nextTurn();
  }
  expect(dataOf(pushes)).toEqual([...names, 'last']);
  expect(batcher.length).toBe(0);
  expect(batcher.isDone).toBe(true);
});

it('counts what it holds to the unit, whatever becomes of it', async () => {
  const { batcher, runtime, nextTurn, pushes, add } = newBatcher();
  const dropped = add('dropped');
  expect(batcher.length).toBeGreaterThan(0);
  expect(batcher.drop(dropped.id)).toBe(true);
  expect(batcher.drop(dropped.id)).toBe(false);
  expect(batcher.length).toBe(0);
  const over = add('over before it is answered');
  await nextTurn();
  over.isOver = true;
  pushes[0]?.fail(new Error('the connection broke'));
  await nextTurn();
  expect(batcher.length).toBe(0);
  add('refused');
  await nextTurn();
  pushes[1]?.fail(Object.assign(new Error('WRONGTYPE no list'), { name: 'ReplyError' }));
  await nextTurn();
  expect(batcher.length).toBe(0);
  add('kept');
  await nextTurn();
  pushes[2]?.fail(Object.assign(new Error('OOM no memory'), { name: 'ReplyError' }));
  await nextTurn();
  expect(batcher.length).toBeGreaterThan(0);
  const closed = batcher.close();
  await runtime.advanceAsync(1_000);
  await closed;
  expect(batcher.length).toBeGreaterThanOrEqual(0);
  pushes[3]?.answer();
  await nextTurn();
  expect(batcher.length).toBe(0);
});
