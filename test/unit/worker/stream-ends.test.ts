import { Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { countingWorker } from '../support/counting-worker.js';
import { FULL, READ } from '../support/stream-under-test.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

describe('the end of a stream', () => {
  it('follows all values, however long their caller takes to read them', async () => {
    const { under, asked } = await countingWorker(3);
    await under.arrive(job('a'));
    expect([asked.isEnded, under.isOpen(settleJobs)]).toEqual([true, false]);
    under.commands.next(pushValues).answer(FULL);
    await under.settle();
    expect(under.isOpen(settleJobs)).toBe(false);
    under.commands.always(measureList, () => READ);
    await under.pass(1);
    expect(under.values).toEqual([0, 1, 2]);
    expect(under.replies).toMatchObject([{ kind: 'c', id: 'a', position: { index: 3 } }]);
  });

  it('follows values whose push is not answered, and is sent once', async () => {
    const { under } = await countingWorker(2);
    await under.arrive(job('a'));
    under.commands.next(pushValues).lose();
    await under.settle();
    under.commands.next(pushValues).answer(READ);
    await under.settle();
    expect(under.values).toEqual([0, 1, 0, 1]);
    under.openSettle.lose();
    await under.settle();
    await under.confirmSettle();
    expect(under.replies).toMatchObject([
      { kind: 'c', position: { index: 2 } },
      { kind: 'c', position: { index: 2 } },
    ]);
    expect(under.settles.map(({ isRepeated }) => isRepeated)).toEqual([false, true]);
  });

  it('is its error, behind all values', async () => {
    const source = new Subject<unknown>();
    const under = await WorkerUnderTest.started({ handle: () => source });
    await under.arrive(job('a'));
    source.next('x');
    source.error(new Error('no disk'));
    await under.settle();
    expect([under.values, under.replies]).toEqual([['x'], []]);
    under.commands.next(pushValues).answer(READ);
    await under.settle();
    expect(under.replies).toMatchObject([
      { kind: 'e', error: { message: 'no disk' }, position: { index: 1 } },
    ]);
  });

  it('is none where the job is cancelled while it waits behind values', async () => {
    const { under } = await countingWorker(3);
    await under.arrive(job('a'));
    under.worker.cancel(['a']);
    under.commands.next(pushValues).answer(READ);
    await under.settle();
    expect([under.replies, under.isOpen(settleJobs)]).toEqual([[], true]);
    await under.confirmSettle();
    expect(under.worker.busy).toBe(0);
  });
});

describe('an Observable', () => {
  it('gives as it likes, and all of it is sent in order', async () => {
    const numbers = new Observable((subscriber) => {
      for (let number = 0; number < 5_000; number++) {
        subscriber.next(number);
      }
      subscriber.complete();
    });
    const under = await WorkerUnderTest.started({ handle: () => numbers });
    under.confirmAll();
    await under.arrive(job('a'));
    expect(under.values).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    expect(under.replies).toMatchObject([{ kind: 'c', position: { index: 5_000 } }]);
  });

  it('is one reply, its last value, where the caller takes no stream', async () => {
    const source = new Subject<unknown>();
    const under = await WorkerUnderTest.started({ handle: () => source });
    under.confirmAll();
    await under.arrive(JSON.stringify(['a', null]));
    source.next(1);
    source.next(2);
    source.complete();
    await under.settle();
    const { groups } = under.settles[0] ?? { groups: [] };
    expect([under.values, groups]).toEqual([[], [expect.objectContaining({ frames: ['2'] })]]);
  });
});
