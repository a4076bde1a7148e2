import { describe, expect, it } from 'vitest';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { job, SHUTDOWN_TIMEOUT_MS, WorkerUnderTest } from '../support/worker-under-test.js';

const CONNECTION = { id: 7, address: '1.2.3.4:5', server: 'run-1' };

describe('a job that comes while its worker stops', () => {
  it('goes back to its queue unrun, and the stop ends once it is there', async () => {
    const under = await WorkerUnderTest.started();
    const { slot } = under.line.next(waitForJob).input;
    const stopped = under.stop();
    await under.settle();
    await under.arrive(job('a'));
    expect(under.runs.begun).toEqual([]);
    expect(under.commands.next(giveBackJobs).input.places).toMatchObject([
      { key: slot, position: 0 },
    ]);
    expect(stopped.isDone).toBe(false);
    under.commands.next(giveBackJobs).answer(1);
    await under.settle();
    expect([stopped.result, under.driver.blockingLines]).toEqual([true, []]);
  });

  it('goes back unrun where the settle of the last one has brought it', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.runs.end('a');
    await under.settle();
    const stopped = under.stop();
    await under.confirmSettle(job('b'));
    expect([under.runs.begun, stopped.isDone]).toEqual([['a'], false]);
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(1);
    under.commands.next(giveBackJobs).answer(1);
    await under.settle();
    expect(stopped.result).toBe(true);
  });

  it('goes back unrun where a settle that was not answered has brought it, and the stop waits for that', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.runs.end('a');
    await under.settle();
    const [take] = under.openSettle.input.takes;
    under.openSettle.lose();
    await under.settle();
    const stopped = under.stop();
    await under.settle();
    await under.confirmSettle();
    expect([under.open, stopped.isDone]).toEqual([[readList.name], false]);
    under.commands.next(readList).answer([job('b')]);
    await under.settle();
    expect(under.commands.next(giveBackJobs).input.places).toMatchObject([{ key: take?.slot }]);
    expect(stopped.isDone).toBe(false);
    under.commands.next(giveBackJobs).answer(1);
    await under.settle();
    expect([under.runs.begun, stopped.result]).toEqual([['a'], true]);
  });

  it('is waited for no longer than half a second where Redis does not answer', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.runs.end('a');
    await under.settle();
    under.openSettle.lose();
    await under.settle();
    const stopped = under.stop();
    await under.settle();
    await under.confirmSettle();
    await under.pass(499);
    expect(stopped.isDone).toBe(false);
    await under.pass(1);
    expect(stopped.isDone).toBe(true);
  });

  it('is left to others where Redis refuses that it goes back', async () => {
    const under = await WorkerUnderTest.started();
    const stopped = under.stop();
    await under.settle();
    await under.arrive(job('a'));
    under.commands.next(giveBackJobs).refuse('NOREPLICAS Not enough good replicas to write.');
    await under.pass(60_000);
    expect([stopped.isDone, under.open]).toEqual([true, []]);
    expect(under.log.warnings).toEqual([
      expect.stringContaining('another worker will recover them'),
    ]);
  });
});

describe('a take that is not answered while its worker stops', () => {
  it('is given back as a whole, once the server has forgotten its connection', async () => {
    const under = await WorkerUnderTest.started();
    under.line.identities = [CONNECTION];
    const { slot } = under.line.next(waitForJob).input;
    const stopped = under.stop();
    await under.settle();
    under.line.break();
    await under.settle();
    expect(under.open).toEqual(['cut']);
    under.commands.open[0]?.answer(true);
    await under.settle();
    expect(under.commands.next(giveBackJobs).input.places).toMatchObject([
      { key: slot, position: 0 },
    ]);
    under.commands.next(giveBackJobs).answer(0);
    await under.settle();
    expect(stopped.result).toBe(true);
  });

  it('may still bring a job where the server has not forgotten it, and the stop says so', async () => {
    const under = await WorkerUnderTest.started();
    under.line.identities = [CONNECTION];
    const stopped = under.stop();
    await under.settle();
    under.line.break();
    await under.pass(500);
    under.commands.next(giveBackJobs).answer(0);
    await under.settle();
    expect(stopped.result).toBe(false);
  });

  it('is waited for as long as running jobs are, and then its connection is closed', async () => {
    const under = await WorkerUnderTest.started();
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS - 1);
    expect([stopped.isDone, under.open]).toEqual([false, [waitForJob.name]]);
    await under.pass(1);
    expect(under.driver.blockingLines).toEqual([]);
    under.commands.next(giveBackJobs).answer(0);
    await under.settle();
    expect(stopped.result).toBe(true);
  });
});

describe('a worker that stops while Redis is unreachable', () => {
  it('waits for no take, and tries for half a second to give back what it may have brought', async () => {
    const under = await WorkerUnderTest.started();
    under.line.identities = [CONNECTION];
    under.driver.disconnect();
    await under.settle();
    const stopped = under.stop();
    await under.pass(499);
    expect(stopped.isDone).toBe(false);
    await under.pass(1);
    expect([stopped.result, under.driver.blockingLines]).toEqual([false, []]);
  });

  it('has not started, and stops at once', async () => {
    const under = new WorkerUnderTest();
    under.driver.disconnect();
    const stopped = under.stop();
    await under.settle();
    expect(stopped.result).toBe(true);
  });
});
