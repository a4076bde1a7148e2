import { describe, expect, it } from 'vitest';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { job, SHUTDOWN_TIMEOUT_MS, WorkerUnderTest } from '../support/worker-under-test.js';
import { watched } from '../support/watched.js';

/** A worker that is stopped by its job `self`, beside which others may run. */
async function stoppedByItself(...others: string[]) {
  const under = await WorkerUnderTest.started({ concurrency: 2 });
  await under.arrive(job('self'), ...others);
  under.worker.excuse(under.runs.contextOf('self'));
  const stopped = under.stop();
  if (others.length === 0) {
    await under.endWait();
  }
  return { under, stopped };
}

describe('a job that stops its own worker', () => {
  it('is waited for, for half a second, and keeps its slot', async () => {
    const { under, stopped } = await stoppedByItself();
    await under.pass(499);
    expect(stopped.isDone).toBe(false);
    await under.pass(1);
    expect([stopped.result, under.worker.isExcusing, under.open]).toEqual([true, true, []]);
    expect(under.runs.signalOf('self').aborted).toBe(false);
  });

  it('is answered when it returns after that, and then its worker is over', async () => {
    const { under } = await stoppedByItself();
    await under.pass(500);
    const over = watched(under.worker.over());
    under.runs.end('self', 'stopped');
    await under.settle();
    expect([under.worker.isExcusing, over.isDone]).toEqual([false, false]);
    await under.confirmSettle();
    expect(under.replies).toMatchObject([{ id: 'self', payload: 'stopped' }]);
    expect(over.isDone).toBe(true);
  });

  it('is waited for as any other where it returns in time: its reply is on its way', async () => {
    const { under, stopped } = await stoppedByItself();
    under.runs.end('self', 'stopped');
    await under.pass(5_000);
    expect([stopped.isDone, under.worker.isExcusing]).toEqual([false, false]);
    await under.confirmSettle();
    expect(stopped.result).toBe(true);
  });

  it('excuses no other one: that goes back when it has had its time', async () => {
    const { under, stopped } = await stoppedByItself(job('other'));
    await under.pass(SHUTDOWN_TIMEOUT_MS - 1);
    expect(stopped.isDone).toBe(false);
    await under.pass(1);
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(1);
    under.commands.next(giveBackJobs).answer(1);
    await under.settle();
    expect([stopped.result, under.runs.signalOf('self').aborted]).toEqual([true, false]);
  });

  it.each([
    ['goes back', {}],
    ['becomes a dead letter', { n: 1 }],
  ])('is the last to be waited for where another one %s', async (_, meta) => {
    const { under, stopped } = await stoppedByItself(job('other', null, meta));
    under.confirmAll();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect(stopped.result).toBe(true);
    const over = watched(under.worker.over());
    under.runs.end('self');
    under.runs.end('other');
    await under.settle();
    expect(over.isDone).toBe(true);
  });

  it('may be any, and excuses nobody where it is one of another worker', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    const other = await WorkerUnderTest.started();
    await other.arrive(job('a'));
    under.worker.excuse(other.runs.contextOf('a'));
    const stopped = under.stop();
    await under.pass(5_000);
    expect([stopped.isDone, under.worker.isExcusing]).toEqual([false, false]);
    expect(under.isOpen(moveToDeadLetters)).toBe(false);
  });
});
