import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { ApplicationCode } from '../../../lib/client/calls/application-code.js';
import type { EmitOptions } from '../../../lib/client/calls/call-options.js';
import { OutgoingJob, type JobSender } from '../../../lib/client/sending/outgoing-job.js';
import { PushBatcher } from '../../../lib/client/sending/push-batcher.js';
import { UnusableServerError } from '../../../lib/driver/server-trouble.js';
import { ClientClosedError } from '../../../lib/errors/index.js';
import { pushJobs } from '../../../lib/protocol/operations/push-jobs.js';
import { pushGuardedJob } from '../../../lib/protocol/operations/push-guarded-job.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';

const MEGABYTE = 1024 * 1024;

/** A sender that records its outcome: `pushed`, `unconfirmed`, or the error of its push. */
class Sender extends AsyncResource implements JobSender {
  readonly told: unknown[] = [];
  /** Whether it has ended for another reason, such as a reply. */
  isOver = false;
  onEnd = (): void => undefined;

  constructor(
    readonly id: string,
    readonly queue: string,
  ) {
    super('Sender');
  }

  timeLeft(): undefined {}

  isWaiting(): boolean {
    return !this.isOver;
  }

  pushed(): void {
    this.end('pushed');
  }

  pushUnconfirmed(): void {
    this.end('unconfirmed');
  }

  fail(error: unknown, end: string): void {
    this.end({ end, error });
  }

  private end(told: unknown): void {
    if (!this.isOver) {
      this.isOver = true;
      this.told.push(told);
      this.onEnd();
    }
  }
}

function newBatcher() {
  const driver = new FakeDriver();
  const log = new KeptLog();
  const batcher = new PushBatcher(
    driver.shard(),
    (queue) => new ClientClosedError(queue),
    log,
    () => undefined,
  );
  const code = new ApplicationCode(log);
  const line = driver.commands;
  let count = 0;
  return {
    batcher,
    driver,
    line,
    log,
    add(data: unknown, options: EmitOptions = {}, queue = 'reports'): Sender {
      const sender = new Sender(`job-${count++}`, queue);
      batcher.add(new OutgoingJob(sender, data, options, undefined, 8 * MEGABYTE, code));
      return sender;
    },
    /** Data of the jobs of each push, in order. */
    pushes: (): unknown[][] =>
      line.inputsOf(pushJobs).map(({ elements }) => elements.map((each) => dataIn(each))),
    /** Answers the oldest unanswered push. */
    async take(): Promise<void> {
      const call = line.next(pushJobs);
      call.answer({ outcome: 'pushed', queueLength: call.input.elements.length });
      await driver.settle();
    },
    async refuse(message: string): Promise<void> {
      line.next(pushJobs).refuse(message);
      await driver.settle();
    },
    async lose(): Promise<void> {
      line.next(pushJobs).lose();
      await driver.settle();
    },
  };
}

const dataIn = (element: unknown): unknown => JSON.parse(String(element))[1];

describe('the jobs of one turn', () => {
  it('are pushed together, in order, with one command per queue', async () => {
    const { add, driver, pushes, line } = newBatcher();
    add(1);
    add(2, {}, 'mails');
    add(3);
    expect(pushes()).toEqual([]);
    await driver.settle();
    expect(pushes()).toEqual([[1, 3], [2]]);
    expect(line.inputsOf(pushJobs).map(({ requests }) => requests)).toEqual([
      'reportsrequests',
      'mailsrequests',
    ]);
    add(4);
    await driver.settle();
    expect(pushes()).toEqual([[1, 3], [2], [4]]);
  });

  it('are notified when their own command is answered', async () => {
    const { add, driver, take } = newBatcher();
    const one = add(1);
    const other = add(2, {}, 'mails');
    await driver.settle();
    await take();
    expect([one.told, other.told]).toEqual([['pushed'], []]);
    await take();
    expect(other.told).toEqual(['pushed']);
  });

  it('are not pushed if their senders have already ended', async () => {
    const { add, batcher, driver, pushes } = newBatcher();
    const dropped = add('dropped');
    add('kept');
    expect(batcher.remove(dropped.id)).toBe(true);
    expect(batcher.remove(dropped.id)).toBe(false);
    await driver.settle();
    expect(pushes()).toEqual([['kept']]);
  });

  it('wait in order while too much is underway', async () => {
    const { batcher, driver, line, pushes, take, add } = newBatcher();
    const count = (): number => line.calls(pushJobs).length;
    const names = Array.from({ length: 40 }, (_, index) => `${index}`);
    names.forEach((name) => add([name, 'x'.repeat(MEGABYTE)]));
    await driver.settle();
    expect(count()).toBe(16);
    add(['last', '']);
    await driver.settle();
    expect(count()).toBe(16);
    for (let answered = 0; answered < count(); answered++) {
      await take();
    }
    const pushed = pushes().flat() as string[][];
    expect(pushed.map(([name]) => name)).toEqual([...names, 'last']);
    expect(batcher.length).toBe(0);
    expect(batcher.isDone).toBe(true);
  });
});

describe('a push whose answer is lost', () => {
  it('is repeated with a mark, before jobs that were sent later', async () => {
    const { add, driver, line, pushes, take } = newBatcher();
    const senders = [add(1), add(2)];
    await driver.settle();
    driver.disconnect();
    senders.push(add(3));
    await driver.settle();
    expect(pushes()).toEqual([[1, 2]]);
    driver.reconnect();
    await driver.settle();
    expect(pushes()).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    const elements = line.inputsOf(pushJobs)[1]?.elements.map(String);
    expect(elements?.map((element) => element.startsWith(' \t'))).toEqual([true, true, false]);
    await take();
    expect(senders.map(({ told }) => told)).toEqual([['pushed'], ['pushed'], ['pushed']]);
  });

  it('is repeated before later jobs that were lost with it', async () => {
    const { add, driver, pushes } = newBatcher();
    add(1);
    await driver.settle();
    add(2);
    await driver.settle();
    driver.disconnect();
    await driver.settle();
    driver.reconnect();
    await driver.settle();
    expect(pushes()).toEqual([[1], [2], [1, 2]]);
  });

  it('is not repeated if the reply has arrived meanwhile', async () => {
    const { add, batcher, driver, pushes, lose } = newBatcher();
    const answered = add('answered');
    add('waits');
    await driver.settle();
    answered.isOver = true;
    expect(batcher.remove(answered.id)).toBe(false);
    await lose();
    expect(pushes()).toEqual([['answered', 'waits'], ['waits']]);
  });

  it('is not repeated if its sender ends because another one does', async () => {
    const { add, batcher, driver, pushes, lose } = newBatcher();
    const once = add('once', { maxDeliveries: 1 });
    const other = add('other');
    once.onEnd = () => {
      other.isOver = true;
      batcher.remove(other.id);
    };
    await driver.settle();
    await lose();
    expect(once.told).toEqual(['unconfirmed']);
    expect(pushes()).toEqual([['once', 'other']]);
    expect(batcher.isDone).toBe(true);
  });

  it('is not repeated if the job may run only once', async () => {
    const { add, driver, pushes, lose } = newBatcher();
    const once = add('once', { maxDeliveries: 1 });
    add('again');
    await driver.settle();
    await lose();
    expect(once.told).toEqual(['unconfirmed']);
    expect(pushes()).toEqual([['once', 'again'], ['again']]);
  });

  it('may have been carried out, so a job that is cancelled then counts as pushed', async () => {
    const { add, batcher, driver, pushes } = newBatcher();
    const cancelled = add(1);
    await driver.settle();
    driver.disconnect();
    await driver.settle();
    cancelled.isOver = true;
    expect(batcher.remove(cancelled.id)).toBe(false);
    driver.reconnect();
    await driver.settle();
    expect(batcher.isDone).toBe(true);
    expect(pushes()).toEqual([[1]]);
  });

  it('and that is refused when it is repeated ends as `refused again`', async () => {
    const { add, driver, lose, refuse } = newBatcher();
    const sender = add(1);
    await driver.settle();
    await lose();
    await refuse('WRONGTYPE no list');
    expect(sender.told).toMatchObject([{ end: 'refused again', error: { code: 'PUSH_FAILED' } }]);
  });
});

describe('a refusal', () => {
  it('that is permanent fails the jobs of its own command only', async () => {
    const { add, driver, line, take } = newBatcher();
    const wrong = add(1, {}, 'wrong');
    const right = add(2, {}, 'right');
    await driver.settle();
    line.next(pushJobs).refuse('WRONGTYPE no list');
    await take();
    expect(wrong.told).toMatchObject([{ end: 'refused', error: { code: 'PUSH_FAILED' } }]);
    expect(right.told).toEqual(['pushed']);
  });

  it('that is temporary keeps the jobs: after a wait one is pushed, then two, then all', async () => {
    const { add, batcher, driver, log, pushes, refuse, take } = newBatcher();
    const senders = [1, 2, 3, 4].map((data) => add(data));
    await driver.settle();
    await refuse('OOM no memory');
    senders.push(add(5));
    await driver.settle();
    expect(pushes()).toEqual([[1, 2, 3, 4]]);
    expect(batcher.refusalOf('job-4')).toContain('OOM');
    await driver.runtime.advanceAsync(50);
    expect(pushes()[1]).toEqual([1]);
    await refuse('OOM no memory');
    await driver.runtime.advanceAsync(99);
    expect(pushes()).toHaveLength(2);
    await driver.runtime.advanceAsync(1);
    expect(pushes()[2]).toEqual([1]);
    add(6);
    await driver.settle();
    expect(pushes()).toHaveLength(3);
    await take();
    await take();
    await take();
    expect(pushes().slice(3)).toEqual([
      [2, 3],
      [4, 5, 6],
    ]);
    expect(batcher.refusalOf('job-4')).toBeUndefined();
    expect(senders.flatMap(({ told }) => told)).toEqual(senders.map(() => 'pushed'));
    expect(log.warnings).toHaveLength(1);
    expect(log.infos).toEqual(['Redis accepts jobs again']);
  });

  it('is not the reason of a job that waits for something else', async () => {
    const { add, batcher, driver, refuse } = newBatcher();
    const kept = add(1);
    await driver.settle();
    await refuse('OOM no memory');
    expect(batcher.refusalOf(kept.id)).toContain('OOM');
    expect(batcher.refusalOf('another')).toBeUndefined();
    await driver.runtime.advanceAsync(50);
    expect(batcher.refusalOf(kept.id)).toContain('OOM');
  });

  it('is the error of the condition of a guarded job', async () => {
    const { add, driver, line } = newBatcher();
    const unserved = add(1, { requireWorker: true });
    const full = add(2, { maxQueueLength: 5 });
    await driver.settle();
    line.next(pushGuardedJob).answer({ outcome: 'no workers' });
    line.next(pushGuardedJob).answer({ outcome: 'full', queueLength: 5 });
    await driver.settle();
    expect(unserved.told).toMatchObject([{ end: 'refused', error: { code: 'NO_WORKERS' } }]);
    expect(full.told).toMatchObject([{ end: 'refused', error: { code: 'QUEUE_FULL' } }]);
  });
});

describe('while the server is unreachable', () => {
  it('jobs wait, and are never pushed if their senders end meanwhile', async () => {
    const { add, batcher, driver, pushes } = newBatcher();
    driver.disconnect();
    const gone = add('gone');
    add('waits');
    await driver.runtime.advanceAsync(60_000);
    expect(batcher.remove(gone.id)).toBe(true);
    driver.reconnect();
    await driver.settle();
    expect(pushes()).toEqual([['waits']]);
  });

  it('jobs wait that were scheduled in the turn of the loss', async () => {
    const { add, driver, line, pushes } = newBatcher();
    add(1);
    driver.disconnect();
    await driver.settle();
    expect(pushes()).toEqual([]);
    driver.reconnect();
    await driver.settle();
    expect(pushes()).toEqual([[1]]);
    // It was never tried before, and is not marked as if it had been.
    expect(line.next(pushJobs).input.elements[0]).toMatch(/^\[/);
  });

  it('and unusable, jobs fail at once', async () => {
    const { add, driver } = newBatcher();
    driver.disconnect();
    driver.obstacle = new UnusableServerError('refuses the password');
    const sender = add(1);
    await driver.settle();
    expect(sender.told).toMatchObject([{ end: 'refused', error: { code: 'PUSH_FAILED' } }]);
    driver.obstacle = undefined;
    const later = add(2);
    driver.reconnect();
    await driver.settle();
    expect(later.told).toEqual([]);
  });

  it('for good, all jobs fail', async () => {
    const { add, driver } = newBatcher();
    const underway = add(1);
    await driver.settle();
    driver.close();
    const waiting = add(2);
    await driver.settle();
    expect(underway.told).toMatchObject([{ end: 'closed', error: { code: 'CLIENT_CLOSED' } }]);
    expect(waiting.told).toMatchObject([{ end: 'closed', error: { code: 'CLIENT_CLOSED' } }]);
  });
});

describe('close', () => {
  const isOver = async (closed: Promise<void>): Promise<boolean> =>
    Promise.race([closed.then(() => true), new Promise<false>((no) => setImmediate(no, false))]);

  it('pushes at once the jobs of the turn, and resolves when they are confirmed', async () => {
    const { add, batcher, driver, pushes, take } = newBatcher();
    const sender = add(1);
    const closed = batcher.close();
    expect(pushes()).toEqual([[1]]);
    await driver.runtime.advanceAsync(500);
    expect(await isOver(closed)).toBe(false);
    await take();
    await driver.runtime.advanceAsync(25);
    await closed;
    expect(sender.told).toEqual(['pushed']);
    expect(driver.runtime.pending).toBe(0);
  });

  it('fails unconfirmed jobs after a second without progress', async () => {
    const { add, batcher, driver, line, take } = newBatcher();
    const slow = add(1);
    const lost = add(2, {}, 'mails');
    const closed = batcher.close();
    await driver.runtime.advanceAsync(900);
    await take();
    await driver.runtime.advanceAsync(1_000);
    expect(await isOver(closed)).toBe(false);
    await driver.runtime.advanceAsync(25);
    await closed;
    expect(slow.told).toEqual(['pushed']);
    expect(lost.told).toMatchObject([{ end: 'closed' }]);
    expect(batcher.length).toBeGreaterThan(0);
    line.next(pushJobs).answer({ outcome: 'pushed', queueLength: 1 });
    await driver.settle();
    expect(batcher.length).toBe(0);
  });

  it('gives up sooner while the server is unreachable', async () => {
    const { add, batcher, driver } = newBatcher();
    driver.disconnect();
    const sender = add(1);
    await driver.settle();
    const closed = batcher.close();
    await driver.runtime.advanceAsync(500);
    await closed;
    expect(sender.told).toMatchObject([{ end: 'closed' }]);
    driver.reconnect();
    await driver.settle();
    expect(driver.commands.asked).toEqual([]);
  });

  it('does not wait for the next try of a refused push', async () => {
    const { add, batcher, driver, pushes, refuse, take } = newBatcher();
    const sender = add(1);
    await driver.settle();
    await refuse('OOM no memory');
    const closed = batcher.close();
    await driver.settle();
    expect(pushes()).toEqual([[1], [1]]);
    await take();
    await driver.runtime.advanceAsync(25);
    await closed;
    expect(sender.told).toEqual(['pushed']);
  });

  it('opens no connection if no job waits', async () => {
    const { batcher, driver } = newBatcher();
    let asked = 0;
    driver.usable = () => {
      asked++;
      return new Promise(() => undefined);
    };
    driver.disconnect();
    await batcher.close();
    expect(asked).toBe(0);
  });
});

it('counts the size of its jobs exactly, whatever happens to them', async () => {
  const { batcher, driver, add, lose, refuse, take } = newBatcher();
  const dropped = add('dropped');
  expect(batcher.length).toBeGreaterThan(0);
  batcher.remove(dropped.id);
  expect(batcher.length).toBe(0);
  const over = add('over before it is answered');
  await driver.settle();
  over.isOver = true;
  await lose();
  expect(batcher.length).toBe(0);
  add('refused');
  await driver.settle();
  await refuse('WRONGTYPE no list');
  expect(batcher.length).toBe(0);
  add('repeated');
  const { length } = batcher;
  await driver.settle();
  await lose();
  expect(batcher.length).toBe(length);
  await refuse('OOM no memory');
  expect(batcher.length).toBe(length);
  await driver.runtime.advanceAsync(50);
  await take();
  expect(batcher.length).toBe(0);
});
