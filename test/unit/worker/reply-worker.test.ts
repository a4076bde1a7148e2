import { describe, expect, it } from 'vitest';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

describe('a worker', () => {
  it('runs a job, replies once its handler has returned, and takes its slot back', async () => {
    const under = await WorkerUnderTest.started();
    const { slot } = under.line.next(waitForJob).input;
    await under.arrive(job('a'));
    expect([under.runs.begun, under.worker.busy]).toEqual([['a'], 1]);
    expect(under.settles).toEqual([]);
    under.runs.end('a', 42);
    await under.settle();
    expect(under.openSettle.input).toMatchObject({ slots: [slot], isRepeated: false });
    expect(under.replies).toEqual([{ kind: 'r', id: 'a', payload: 42 }]);
    expect(under.worker.busy).toBe(0);
    await under.confirmSettle();
    expect(under.open).toEqual([waitForJob.name]);
  });

  it('runs as many jobs at a time as it may, and takes the next in the settle of the one before', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    await under.arrive(job('a'), job('b'));
    expect(under.open).toEqual([]);
    under.runs.end('b');
    await under.settle();
    expect(under.openSettle.input.takes).toMatchObject([{ most: 1 }]);
    await under.confirmSettle(job('c'));
    expect([under.runs.begun, under.worker.busy]).toEqual([['a', 'b', 'c'], 2]);
  });

  it('runs the next job in another slot while the release of the one before is not confirmed', async () => {
    const under = await WorkerUnderTest.started();
    const { slot } = under.line.next(waitForJob).input;
    await under.arrive(job('a'));
    under.runs.end('a');
    await under.settle();
    expect(under.openSettle.input.takes.map((take) => take.slot)).not.toContain(slot);
  });

  it('replies to what nobody waits for with nothing', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(JSON.stringify(['a', null, {}]));
    under.runs.end('a', 42);
    await under.settle();
    expect(under.openSettle.input).toMatchObject({ slots: [expect.any(String)], groups: [] });
  });
});

describe('a handler that throws', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a symbol', Symbol('odd')],
    ['what nobody can look at', revoked],
    ['what has no prototype', Object.create(null)],
  ])('%s is answered with an error, and its slot is free for the next job', async (_, thrown) => {
    const under = await WorkerUnderTest.started({
      handle: (data) => {
        if (data === 'throw') {
          throw thrown;
        }
        return data;
      },
    });
    under.confirmAll();
    await under.arrive(job('a', 'throw'));
    await under.arrive(job('b', 'fine'));
    expect(under.replies).toHaveLength(2);
    expect(under.replies).toContainEqual(expect.objectContaining({ kind: 'e', id: 'a' }));
    expect(under.replies).toContainEqual({ kind: 'r', id: 'b', payload: 'fine' });
    expect([under.log.errors.length, under.worker.busy]).toEqual([1, 0]);
  });

  it('by a promise that cannot be waited for is answered with an error, once', async () => {
    const promise = new Proxy(Promise.resolve(), {
      get: () => {
        throw new Error('odd');
      },
    });
    const under = await WorkerUnderTest.started({ handle: () => promise });
    under.confirmAll();
    await under.arrive(job('a'));
    expect(under.replies).toMatchObject([{ kind: 'e', id: 'a' }]);
    expect([under.open, under.worker.busy]).toEqual([[waitForJob.name], 0]);
  });
});

describe('what cannot be read as a job', () => {
  it.each([
    ['an empty text', '', 'an empty string'],
    ['no JSON', '{', 'not JSON'],
    ['no array', '{}', 'expected an array'],
  ])('becomes a dead letter, and the next job is run: %s', async (_, element, message) => {
    const under = await WorkerUnderTest.started();
    await under.arrive(element);
    expect(under.commands.next(moveToDeadLetters).input).toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining(message),
    });
    await under.arrive(job('b'));
    expect(under.runs.begun).toEqual(['b']);
  });
});
