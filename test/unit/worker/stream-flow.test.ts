import { describe, expect, it } from 'vitest';
import { listHead, trimList } from '../../../lib/protocol/operations/lists.js';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { countingWorker } from '../support/counting-worker.js';
import { FULL, READ } from '../support/stream-under-test.js';
import { job } from '../support/worker-under-test.js';

describe('an iterator', () => {
  it('is pulled no further than the caller reads, and goes on when it does', async () => {
    const { under, asked } = await countingWorker();
    let size = FULL;
    under.commands.always(pushValues, () => size);
    under.commands.always(measureList, () => size);
    await under.arrive(job('a'));
    await under.pass(60_000);
    const pulled = asked.numbers;
    expect(pulled).toBeLessThan(2_000);
    await under.pass(60_000);
    expect([asked.numbers, under.values.length < pulled]).toEqual([pulled, true]);
    size = READ;
    under.commands.always(pushValues, () => FULL);
    await under.pass(64);
    size = FULL;
    await under.pass(10_000);
    expect(asked.numbers).toBeGreaterThan(pulled);
    expect(asked.numbers).toBeLessThan(pulled + 1_000);
    expect(under.values).toEqual(Array.from(under.values, (_, index) => index));
    under.worker.cancel(['a']);
    await under.pass(1_000);
  });

  it('is pulled no further than what waits for a push that is not answered', async () => {
    const { under, asked } = await countingWorker();
    await under.arrive(job('a'));
    const pulled = asked.numbers;
    expect(pulled).toBeLessThan(2_000);
    under.driver.disconnect();
    await under.pass(60_000);
    expect([asked.numbers, asked.isEnded]).toEqual([pulled, false]);
    under.driver.reconnect();
    for (let pushes = 0; pushes < 2; pushes++) {
      await under.settle();
      under.commands.next(pushValues).answer(READ);
    }
    await under.settle();
    expect(asked.numbers).toBeGreaterThan(pulled);
    under.worker.cancel(['a']);
    await under.settle();
  });

  it('is ended by a cancellation while it is held back, and its job leaves its slot', async () => {
    const { under, asked } = await countingWorker();
    under.commands.always(pushValues, () => FULL);
    under.commands.always(measureList, () => FULL);
    await under.arrive(job('a'));
    await under.pass(1_000);
    under.worker.cancel(['a']);
    await under.pass(100);
    expect([asked.isEnded, under.worker.busy]).toEqual([true, 0]);
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
  });

  it('is ended by its deadline while it is held back', async () => {
    const { under, asked } = await countingWorker();
    under.commands.always(pushValues, () => FULL);
    under.commands.always(measureList, () => FULL);
    await under.arrive(job('a', null, { d: 1_000 }));
    await under.pass(999);
    expect(asked.isEnded).toBe(false);
    await under.pass(100);
    expect([asked.isEnded, under.replies]).toEqual([true, []]);
    expect(under.isOpen(settleJobs)).toBe(true);
  });

  it('is ended where another worker has its job, and replies with nothing', async () => {
    const { under, asked } = await countingWorker();
    await under.arrive(job('a'));
    under.commands.next(pushValues).answer(undefined);
    await under.settle();
    expect([asked.isEnded, under.worker.busy, under.replies]).toEqual([true, 0, []]);
    expect(under.openSettle.input).toMatchObject({ groups: [] });
  });

  it('is ended where its caller has gone, and says where the stream broke', async () => {
    const { under, asked } = await countingWorker();
    under.commands.always(pushValues, () => FULL);
    under.commands.always(measureList, () => FULL);
    under.commands.always(trimList, () => undefined);
    under.commands.always(listHead, () => 'frame');
    await under.arrive(job('a'));
    await under.pass(80_000);
    expect([asked.isEnded, under.worker.busy]).toEqual([true, 0]);
    expect(under.replies).toMatchObject([{ kind: 'e', position: { index: under.values.length } }]);
  });
});
