import { describe, expect, it, vi } from 'vitest';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

const odd = (): never => {
  throw new Error('odd');
};

describe('a job whose run cannot be begun', () => {
  it('is answered with the error, holds no place and stops no other', async () => {
    let tries = 0;
    const under = await WorkerUnderTest.started({
      concurrency: 4,
      handle: (data) => data,
      runWithin: (_context, work) => (++tries % 2 === 1 ? odd() : work()),
    });
    under.confirmAll();
    const jobs = Array.from({ length: 40 }, (_, index) => job(`id-${index}`, index));
    await under.arrive(...jobs);
    const errors = under.replies.filter((frame) => frame?.kind === 'e');
    expect([under.replies.length, errors.length]).toEqual([40, 20]);
    expect(errors[0]).toMatchObject({ error: { message: 'odd' } });
    expect([under.worker.busy, under.open]).toEqual([0, [waitForJob.name]]);
    expect(under.log.errors).toEqual([expect.stringContaining('odd')]);
  });
});

describe('a job that cannot even be looked at', () => {
  /** A worker that the clock of the server fails once. */
  async function withoutClock() {
    const under = await WorkerUnderTest.started();
    const { clock } = under.driver;
    const { now } = clock;
    clock.now = () => {
      clock.now = now;
      return odd();
    };
    return under;
  }

  it('is answered with the error, and the next one is run', async () => {
    const under = await withoutClock();
    await under.arrive(job('a', null, { d: 60_000 }));
    expect(under.replies).toMatchObject([
      {
        kind: 'e',
        id: 'a',
        error: { message: expect.stringContaining('Cannot start a job of queue "reports": odd') },
      },
    ]);
    expect(under.log.errors).toEqual([
      expect.stringContaining('Cannot start a job of queue "reports": odd'),
    ]);
    await under.confirmSettle(job('b'));
    expect([under.runs.begun, under.worker.busy]).toEqual([['b'], 1]);
  });

  it('leaves its slot where nobody waits for it', async () => {
    const under = await withoutClock();
    await under.arrive(JSON.stringify(['a', null, { d: 60_000 }]));
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
  });
});

it('a job whose run cannot even be made holds no place', async () => {
  const under = await WorkerUnderTest.started();
  const { clock, runtime } = under.driver;
  const { now } = clock;
  clock.now = () => {
    clock.now = now;
    // The next to look at the time is the run.
    vi.spyOn(runtime, 'now').mockImplementationOnce(odd);
    return 0;
  };
  await under.arrive(job('a', null, { d: 60_000 }));
  expect(under.replies).toMatchObject([{ kind: 'e', id: 'a' }]);
  expect([under.runs.begun, under.worker.busy]).toEqual([[], 0]);
  await under.confirmSettle(job('b'));
  expect(under.runs.begun).toEqual(['b']);
});
