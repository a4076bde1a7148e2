import { describe, expect, it } from 'vitest';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { quickWorker } from '../support/quick-worker.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

describe('a job that comes while its worker pauses', () => {
  it('goes back to its queue unrun, and the pause ends once it has come', async () => {
    const under = await WorkerUnderTest.started();
    const paused = under.pause();
    await under.pass(1_000);
    expect(paused.isDone).toBe(false);
    const { slot } = under.line.next(waitForJob).input;
    await under.arrive(job('a'));
    expect(under.runs.begun).toEqual([]);
    expect(under.commands.next(giveBackJobs).input.places).toMatchObject([
      { key: slot, position: 0 },
    ]);
    under.commands.next(giveBackJobs).answer(1);
    await under.pass(60_000);
    expect([paused.isDone, under.open]).toEqual([true, []]);
  });

  it('is run where the worker is resumed before it comes', async () => {
    const under = await WorkerUnderTest.started();
    const paused = under.pause();
    await under.settle();
    under.worker.resume();
    await under.arrive(job('a'));
    expect([under.runs.begun, under.isOpen(giveBackJobs)]).toEqual([['a'], false]);
    await under.pass(1_000);
    expect(paused.isDone).toBe(true);
  });

  it('is taken again, in another slot, where the worker is resumed before it is back', async () => {
    const under = await WorkerUnderTest.started();
    under.pause();
    await under.arrive(job('a'));
    under.worker.resume();
    await under.settle();
    expect([under.runs.begun, under.worker.busy]).toEqual([[], 0]);
    const [first, second] = under.line.calls(waitForJob);
    expect(second?.input.slot).not.toBe(first?.input.slot);
    under.commands.next(giveBackJobs).answer(1);
    await under.arrive(job('a'));
    expect(under.runs.begun).toEqual(['a']);
  });

  it('is found in its slot where its take is not answered, and goes back', async () => {
    const under = await WorkerUnderTest.started();
    const { slot } = under.line.next(waitForJob).input;
    const paused = under.pause();
    await under.settle();
    under.line.break();
    await under.pass(1_000);
    expect(paused.isDone).toBe(true);
    under.line.mend();
    await under.settle();
    expect(under.line.next(readList).input.list).toBe(slot);
    under.line.next(readList).answer([job('a')]);
    await under.settle();
    expect(under.commands.next(giveBackJobs).input.places).toMatchObject([{ key: slot }]);
    expect(under.runs.begun).toEqual([]);
  });

  it('goes back where the settle of the last one has brought it', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.runs.end('a', 1);
    await under.settle();
    under.pause();
    await under.confirmSettle(job('b'));
    expect(under.runs.begun).toEqual(['a']);
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(1);
  });
});

describe('a worker that pauses', () => {
  it('waits until the jobs that it has taken ahead are back', async () => {
    const under = await quickWorker();
    await under.confirmSettle(job('a'));
    let ahead = 0;
    for (; under.isOpen(waitForJob); ahead++) {
      await under.arrive(job(`ahead-${ahead}`));
    }
    expect([under.runs.begun, ahead > 0]).toEqual([['a'], true]);
    const paused = under.pause();
    await under.settle();
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(ahead);
    expect(paused.isDone).toBe(false);
    under.commands.next(giveBackJobs).answer(ahead);
    await under.settle();
    expect(paused.isDone).toBe(true);
  });

  it('lets its jobs end, replies, and takes no other one with that', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    const paused = under.pause();
    await under.settle();
    expect(paused.isDone).toBe(true);
    under.runs.end('a', 1);
    await under.settle();
    expect(under.openSettle.input).toMatchObject({
      takes: [],
      groups: [{ frames: [expect.anything()] }],
    });
    await under.confirmSettle();
    await under.pass(60_000);
    expect([under.worker.busy, under.open]).toEqual([0, []]);
    under.worker.resume();
    await under.settle();
    expect(under.open).toEqual([waitForJob.name]);
  });

  it('can be told so twice, and waits once', async () => {
    const under = await WorkerUnderTest.started();
    const [first, second] = [under.pause(), under.pause()];
    await under.endWait();
    await under.pass(1_000);
    expect([first.isDone, second.isDone]).toEqual([true, true]);
    under.worker.resume();
    under.worker.resume();
    await under.settle();
    expect(under.open).toEqual([waitForJob.name]);
  });

  it('tries again where Redis refuses what it gives back, for as long as it takes', async () => {
    const under = await WorkerUnderTest.started();
    const paused = under.pause();
    await under.arrive(job('a'));
    for (let tries = 0; tries < 5; tries++) {
      under.commands.next(giveBackJobs).refuse('NOREPLICAS Not enough good replicas to write.');
      await under.pass(1_000);
    }
    under.commands.next(giveBackJobs).answer(1);
    await under.settle();
    expect(paused.isDone).toBe(true);
    expect(under.log.warnings).toEqual([expect.stringContaining('; retrying')]);
  });

  it('that was paused before it started asks for nothing until it is resumed', async () => {
    const under = new WorkerUnderTest();
    await under.worker.pause();
    under.worker.start();
    await under.pass(60_000);
    expect(under.open).toEqual([]);
    under.worker.resume();
    await under.settle();
    expect(under.open).toEqual([waitForJob.name]);
  });

  it('stops at once where nothing runs, and is not resumed by anybody after that', async () => {
    const under = await WorkerUnderTest.started();
    under.pause();
    await under.endWait();
    const stopped = under.stop();
    under.worker.resume();
    await under.pass(1_000);
    expect([stopped.result, under.driver.blockingLines]).toEqual([true, []]);
    under.worker.resume();
    await under.pass(1_000);
    expect(under.driver.blockingLines).toEqual([]);
  });
});
