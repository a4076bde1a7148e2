import { describe, expect, it } from 'vitest';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { quickWorker } from '../support/quick-worker.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

describe('a job that is cancelled before it comes', () => {
  it('is not run, and leaves its slot without a reply', async () => {
    const under = await WorkerUnderTest.started();
    under.worker.cancel(['a']);
    await under.arrive(job('a'));
    expect([under.runs.begun, under.worker.busy]).toEqual([[], 0]);
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
    await under.confirmSettle(job('b'));
    expect(under.runs.begun).toEqual(['b']);
  });

  it('is known by its id as it is in the job: a number is no text', async () => {
    const under = await WorkerUnderTest.started();
    under.worker.cancel(['7']);
    await under.arrive(JSON.stringify([7, null]));
    expect(under.runs.begun).toEqual([7]);
  });
});

describe('a job that is cancelled in its slot, before its turn', () => {
  it('is not run, and the one behind it is', async () => {
    const under = await quickWorker();
    await under.confirmSettle(job('a'), job('b'), job('c'));
    under.worker.cancel(['b']);
    expect(under.runs.begun).toEqual(['a']);
    under.runs.end('a');
    await under.settle();
    expect(under.runs.begun).toEqual(['a', 'c']);
    const { groups, places } = under.openSettle.input;
    expect(places).toHaveLength(2);
    expect(groups.flatMap(({ frames }) => frames)).toHaveLength(1);
  });

  it('is given back by a pause with the others, and is not run when it comes again', async () => {
    const under = await quickWorker();
    await under.confirmSettle(job('a'), job('b'), job('c'));
    under.worker.cancel(['b']);
    const paused = under.pause();
    await under.endWait();
    const { places } = under.commands.next(giveBackJobs).input;
    expect(places).toMatchObject([{ position: 1 }, { position: 2 }]);
    under.confirmAll();
    await under.pass(100);
    expect(paused.isDone).toBe(true);
    under.worker.resume();
    under.runs.end('a');
    await under.settle();
    await under.arrive(job('b'), job('c'));
    expect(under.runs.begun).toEqual(['a', 'c']);
  });
});

describe('a job that is cancelled while it runs', () => {
  it('leaves its slot without a reply at once, and its handler is told', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    const signal = under.runs.signalOf('a');
    under.worker.cancel(['a']);
    await under.settle();
    expect(signal.reason).toMatchObject({
      name: 'AbortError',
      message: expect.stringContaining('job a of queue "reports"'),
    });
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
    await under.confirmSettle();
  });

  it('counts as running until its handler has returned, and what that returns goes nowhere', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.confirmAll();
    under.worker.cancel(['a']);
    await under.pass(60_000);
    expect([under.worker.busy, under.open]).toEqual([1, []]);
    under.runs.end('a', 42);
    await under.settle();
    expect([under.worker.busy, under.open]).toEqual([0, [waitForJob.name]]);
    expect([under.replies, under.settles.length]).toEqual([[], 1]);
  });

  it('is cancelled once, however often that is said, and its error is nobody’s news', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.confirmAll();
    under.worker.cancel(['a', 'a']);
    under.worker.cancel(['a']);
    under.runs.fail('a', under.runs.signalOf('a').reason);
    await under.settle();
    expect([under.settles.length, under.log.errors]).toEqual([1, []]);
  });

  it('costs no other job anything', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    await under.arrive(job('a'), job('b'));
    under.confirmAll();
    under.worker.cancel(['a']);
    under.runs.end('a');
    under.runs.end('b', 1);
    await under.settle();
    expect(under.runs.signalOf('b').aborted).toBe(false);
    expect(under.replies).toEqual([{ kind: 'r', id: 'b', payload: 1 }]);
  });

  it('is cancelled in each of its runs, where it was pushed twice', async () => {
    const signals: AbortSignal[] = [];
    const twice = await WorkerUnderTest.started({
      concurrency: 2,
      handle: (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    await twice.arrive(job('a'), ` \t${job('a')}`);
    twice.worker.cancel(['a']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe('a job that is cancelled after its run', () => {
  it('is settled as it was, also where the settle is not answered and made again', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    under.runs.end('a', 42);
    await under.settle();
    under.worker.cancel(['a']);
    under.openSettle.lose();
    await under.settle();
    await under.confirmSettle();
    expect(under.settles.map(({ slots }) => slots.length)).toEqual([1, 1]);
    expect([under.worker.busy, under.log.errors]).toEqual([0, []]);
  });
});
