import { describe, expect, it } from 'vitest';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

describe('a job whose deadline has passed before its run', () => {
  it('is not run, and leaves its slot without a reply', async () => {
    const under = await WorkerUnderTest.started();
    await under.pass(1_000);
    await under.arrive(job('a', null, { d: 1_000 }));
    expect(under.runs.begun).toEqual([]);
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
  });

  it('is run in the last ms before it', async () => {
    const under = await WorkerUnderTest.started();
    await under.pass(999);
    await under.arrive(job('a', null, { d: 1_000 }));
    expect(under.runs.begun).toEqual(['a']);
  });
});

describe('a job whose deadline passes during its run', () => {
  it('aborts its signal, and keeps its slot until its handler has returned', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a', null, { d: 1_000 }));
    const signal = under.runs.signalOf('a');
    await under.pass(999);
    expect(signal.aborted).toBe(false);
    await under.pass(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
    expect([under.worker.busy, under.settles]).toEqual([1, []]);
    under.runs.fail('a', signal.reason);
    await under.settle();
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
    expect(under.log.errors).toEqual([]);
  });

  it('is told of where its handler fails for another reason', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a', null, { d: 1_000 }));
    await under.pass(1_000);
    under.runs.fail('a', new Error('no disk'));
    await under.settle();
    expect(under.log.errors).toEqual([expect.stringContaining('no disk')]);
  });

  it('leaves no timer behind where the run has ended before', async () => {
    const under = await WorkerUnderTest.started();
    under.confirmAll();
    const before = under.driver.runtime.pending;
    await under.arrive(job('a', null, { d: 1_000 }));
    void under.runs.signalOf('a');
    expect(under.driver.runtime.pending).toBe(before + 1);
    under.runs.end('a');
    await under.settle();
    expect(under.driver.runtime.pending).toBe(before);
  });
});

describe('runs that go on past their end', () => {
  it('keep their place: no other job is taken until one returns, which the log says', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2, timeout: 1_000 });
    under.confirmAll();
    await under.arrive(job('a'), job('b'));
    await under.pass(1_000);
    expect(under.replies).toMatchObject([
      { kind: 'e', id: 'a', error: { code: 'JOB_TIMEOUT' } },
      { kind: 'e', id: 'b', error: { code: 'JOB_TIMEOUT' } },
    ]);
    expect([under.worker.busy, under.open]).toEqual([2, []]);
    await under.pass(10_000);
    expect(under.log.warnings).toEqual([
      expect.stringContaining('still runs 2 jobs of queue "reports" (concurrency 2)'),
    ]);
    under.runs.end('a', 'too late');
    await under.settle();
    expect([under.worker.busy, under.open]).toEqual([1, [waitForJob.name]]);
    expect(under.replies).toHaveLength(2);
  });
});
