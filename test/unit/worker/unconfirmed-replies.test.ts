import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { job, SHUTDOWN_TIMEOUT_MS, WorkerUnderTest } from '../support/worker-under-test.js';

/** A worker whose job `a` has ended with the reply 1, which Redis has not confirmed yet. */
async function replied() {
  const under = await WorkerUnderTest.started();
  await under.arrive(job('a'));
  under.runs.end('a', 1);
  await under.settle();
  return under;
}

describe('a reply that is not confirmed', () => {
  it('is pushed again when its answer is lost, and the job is not run again', async () => {
    const under = await replied();
    under.openSettle.lose();
    await under.settle();
    expect(under.settles.map(({ isRepeated }) => isRepeated)).toEqual([false, true]);
    await under.confirmSettle();
    under.commands.next(readList).answer([]);
    await under.settle();
    expect([under.runs.begun, under.open]).toEqual([['a'], [waitForJob.name]]);
  });

  it('waits for the connection, and for others to know of that', async () => {
    const under = await replied();
    under.driver.disconnect();
    await under.pass(60_000);
    expect([under.settles.length, under.renewals]).toEqual([1, 0]);
    under.driver.reconnect();
    await under.settle();
    expect([under.settles.length, under.renewals]).toEqual([2, 1]);
  });

  it('costs the job that its settle has taken nothing: it is found in its slot, and run once', async () => {
    const under = await replied();
    const [take] = under.openSettle.input.takes;
    under.openSettle.lose();
    await under.settle();
    expect(under.commands.next(readList).input.list).toBe(take?.slot);
    under.commands.next(readList).answer([job('b')]);
    await under.settle();
    expect(under.openSettle.input.takes).toEqual([]);
    await under.confirmSettle();
    expect(under.runs.begun).toEqual(['a', 'b']);
  });

  it('is kept while Redis has no memory for it, and other jobs are run meanwhile', async () => {
    const under = await replied();
    under.openSettle.refuse('OOM command not allowed');
    await under.settle();
    await under.arrive(job('b'));
    expect(under.runs.begun).toEqual(['a', 'b']);
    await under.pass(50);
    await under.confirmSettle();
    expect(under.log.errors).toEqual([expect.stringContaining('Redis refuses replies')]);
    expect(under.log.infos).toEqual(['Redis accepts replies again']);
    expect(under.worker.busy).toBe(1);
  });

  it('is dropped where its list is none, and its slot is free', async () => {
    const under = await replied();
    under.openSettle.refuse('WRONGTYPE Operation against a key holding the wrong kind of value');
    await under.settle();
    expect(under.openSettle.input).toMatchObject({ groups: [], slots: [expect.any(String)] });
    await under.confirmSettle();
    expect(under.log.errors).toEqual([
      expect.stringMatching(/Cannot push a reply .* to "replies:caller" .*; discarding/),
    ]);
    expect(under.open).toEqual([waitForJob.name]);
  });

  it('is over where the slot no longer holds its job: another worker replies', async () => {
    const under = await replied();
    under.openSettle.answer({ missing: { slots: [0], places: [] } });
    await under.settle();
    if (under.isOpen(settleJobs)) {
      await under.confirmSettle();
    }
    expect(under.log.warnings).toEqual([expect.stringContaining('no longer held 1 job of queue')]);
    expect(under.open).toEqual([waitForJob.name]);
  });
});

describe('a worker that stops while a reply is not confirmed', () => {
  it('waits for that', async () => {
    const under = await replied();
    const stopped = under.stop();
    await under.pass(5_000);
    expect(stopped.isDone).toBe(false);
    await under.confirmSettle();
    expect(stopped.result).toBe(true);
  });

  it('waits for it where it has to be pushed again', async () => {
    const under = await replied();
    const stopped = under.stop();
    under.driver.disconnect();
    await under.pass(5_000);
    under.driver.reconnect();
    under.commands.always(readList, () => []);
    await under.settle();
    expect(stopped.isDone).toBe(false);
    await under.confirmSettle();
    expect(stopped.result).toBe(true);
  });

  it('waits while Redis refuses it', async () => {
    const under = await replied();
    let isRefused = true;
    under.commands.always(settleJobs, ({ takes }) => {
      if (isRefused) {
        throw new ReplyError('OOM command not allowed');
      }
      return { jobs: takes.map(() => []) };
    });
    const stopped = under.stop();
    await under.pass(5_000);
    expect(stopped.isDone).toBe(false);
    isRefused = false;
    await under.pass(1_000);
    expect([stopped.result, under.replies.at(-1)]).toEqual([
      true,
      { kind: 'r', id: 'a', payload: 1 },
    ]);
  });

  it.each<[string, (under: WorkerUnderTest) => void]>([
    ['is not answered', () => undefined],
    ['is lost with the connection', ({ driver }) => driver.disconnect()],
    ['is refused', ({ commands }) => commands.next(settleJobs).refuse('OOM no memory')],
    ['cannot be made any more', ({ driver }) => driver.close()],
  ])('is over one second after the shutdownTimeout where its settle %s', async (_, fail) => {
    const under = await replied();
    const stopped = under.stop();
    await under.settle();
    fail(under);
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect(stopped.isDone).toBe(false);
    await under.pass(1_000);
    expect([stopped.isDone, under.runs.begun]).toEqual([true, ['a']]);
    expect(under.driver.runtime.holding).toBe(0);
  });
});
