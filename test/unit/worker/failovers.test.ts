import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { READ } from '../support/stream-under-test.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

/** Another server answers from now on. */
function failOver({ commands, driver }: WorkerUnderTest, server: string): void {
  [commands, ...driver.blockingLines].forEach((line, index) => {
    line.identity = { id: index + 1, address: '127.0.0.1:1', server };
  });
}

/** A worker whose job `a` was handed out by the server `run-1`, and whose values the test gives. */
async function streaming() {
  const source = new Subject<unknown>();
  const under = new WorkerUnderTest({ handle: () => source });
  under.worker.start();
  failOver(under, 'run-1');
  await under.settle();
  await under.arrive(job('a'));
  return { under, source };
}

const IS_MISSING = { missing: { slots: [0], places: [] } };

it.each([
  ['before its first value is pushed', 0],
  ['behind values that were pushed', 2],
])('a stream whose job the next server has lost %s ends with an error', async (_, pushed) => {
  const { under, source } = await streaming();
  for (let index = 0; index < pushed; index++) {
    source.next(index);
    await under.settle();
    under.commands.next(pushValues).answer(READ);
    await under.settle();
  }
  failOver(under, 'run-2');
  source.next('lost');
  source.next('lost, too');
  await under.settle();
  under.commands.next(pushValues).answer(undefined);
  await under.settle();
  under.openSettle.answer(IS_MISSING);
  await under.settle();
  expect(under.openSettle.input).toMatchObject({ slots: [], groups: [{ list: 'replies:caller' }] });
  expect(under.replies.at(-1)).toMatchObject({
    kind: 'e',
    id: 'a',
    error: { code: 'WORKER_LOST' },
    position: { index: pushed },
  });
  await under.confirmSettle();
  expect([under.worker.busy, source.observed]).toEqual([0, false]);
});

it('a stream whose last values the next server does not take ends with an error, not with its end', async () => {
  const { under, source } = await streaming();
  failOver(under, 'run-2');
  source.next('lost');
  source.complete();
  await under.settle();
  under.commands.next(pushValues).answer(undefined);
  await under.settle();
  under.openSettle.answer(IS_MISSING);
  await under.settle();
  expect(under.replies.at(-1)).toMatchObject({ kind: 'e', position: { index: 0 } });
});

it('a stream whose job another worker has recovered on the same server has no end of its own', async () => {
  const { under, source } = await streaming();
  source.next('lost');
  await under.settle();
  under.commands.next(pushValues).answer(undefined);
  await under.settle();
  under.openSettle.answer(IS_MISSING);
  await under.settle();
  expect(under.replies).toEqual([]);
});

it('a job that was found in the slot of a take without an answer is replied to after its loss', async () => {
  const under = new WorkerUnderTest();
  under.worker.start();
  failOver(under, 'run-1');
  await under.settle();
  await under.arrive(job('a'));
  under.runs.end('a', 1);
  await under.settle();
  expect(under.openSettle.input.takes).toHaveLength(1);
  under.openSettle.lose();
  await under.settle();
  under.commands.next(readList).answer([job('b')]);
  await under.settle();
  await under.confirmSettle();
  under.runs.end('b', 2);
  await under.settle();
  failOver(under, 'run-2');
  under.openSettle.answer(IS_MISSING);
  await under.settle();
  expect(under.openSettle.input).toMatchObject({ slots: [], groups: [{ list: 'replies:caller' }] });
  expect(under.replies.at(-1)).toEqual({ kind: 'r', id: 'b', payload: 2 });
  await under.confirmSettle();
  expect(under.worker.busy).toBe(0);
});

it('an answer that comes in the turn in which its connection is lost is of the server of that connection', async () => {
  const under = await WorkerUnderTest.started();
  failOver(under, 'run-1');
  await under.arrive(job('a'));
  under.runs.end('a', 1);
  await under.settle();
  failOver(under, 'run-2');
  under.openSettle.answer(IS_MISSING);
  under.commands.identity = undefined;
  await under.settle();
  expect(under.openSettle.input).toMatchObject({ slots: [], groups: [{ list: 'replies:caller' }] });
});

describe('a slot that another server has filled', () => {
  /** Two jobs that were taken together from the server before; `a` has left their slot since. */
  async function withOneLeft() {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    failOver(under, 'run-1');
    await under.arrive(job('first'));
    under.runs.end('first', 0);
    await under.settle();
    await under.confirmSettle(job('a'), job('b'));
    under.runs.end('a', 1);
    await under.settle();
    await under.confirmSettle();
    failOver(under, 'run-2');
    under.runs.end('b', 2);
    await under.settle();
    await under.confirmSettle();
    return under;
  }

  it('is read before it is used again, and runs the jobs that are in it once more', async () => {
    const under = await withOneLeft();
    const reads = under.commands.calls(readList).filter(({ isOpen }) => isOpen);
    expect(reads).toHaveLength(1);
    reads[0]?.answer([job('a')]);
    await under.settle();
    under.commands.next(readList).answer([]);
    await under.settle();
    await under.endWait(); // a job that was delivered before runs alone
    expect(under.runs.begun).toEqual(['first', 'a', 'b', 'a']);
  });

  it('is free where it is empty', async () => {
    const under = await withOneLeft();
    under.commands.next(readList).answer([]);
    await under.settle();
    expect([under.worker.busy, under.isOpen(readList)]).toEqual([0, false]);
  });
});

describe('free slots', () => {
  /** A worker that waits for a job of the server `run-1`. */
  async function waiting(lose: (under: WorkerUnderTest) => void = () => undefined) {
    const under = new WorkerUnderTest();
    under.worker.start();
    failOver(under, 'run-1');
    lose(under);
    await under.settle();
    return under;
  }

  const openReads = ({ commands }: WorkerUnderTest) =>
    commands.calls(readList).filter(({ isOpen }) => isOpen);

  it('are read at the next server although a connection was lost while the worker announced itself', async () => {
    const under = await waiting(({ commands }) => {
      commands.identity = undefined;
    });
    expect(openReads(under)).toEqual([]);
    failOver(under, 'run-2');
    await under.endWait();
    expect(openReads(under)).not.toEqual([]);
  });

  it('are read until the server answers, before jobs are taken', async () => {
    const under = await waiting();
    failOver(under, 'run-2');
    await under.endWait();
    const reads = openReads(under);
    reads.forEach((read) => read.lose());
    await under.pass(1_000);
    expect(openReads(under)).toHaveLength(reads.length);
    expect(under.isOpen(waitForJob)).toBe(false);
    under.commands.always(readList, () => []);
    await under.settle();
    expect(under.isOpen(waitForJob)).toBe(true);
  });

  it.each(['NOPERM no permissions', 'OOM command not allowed', 'ERR unknown command'])(
    'are read until the server no longer says "%s", before jobs are taken',
    async (refusal) => {
      const under = await waiting();
      failOver(under, 'run-2');
      await under.endWait();
      openReads(under).forEach((read) => read.refuse(refusal));
      await under.pass(5_000);
      expect(openReads(under)).not.toEqual([]);
      expect(under.isOpen(waitForJob)).toBe(false);
      expect(under.log.errors[0]).toMatch(
        /^Cannot read slot "\S+" of queue "reports", .* \(.*\); taking no jobs/,
      );
      under.commands.always(readList, () => []);
      await under.settle();
      expect(under.isOpen(waitForJob)).toBe(true);
    },
  );

  it('are taken for empty where their keys hold something else than a list', async () => {
    const under = await waiting();
    failOver(under, 'run-2');
    await under.endWait();
    openReads(under).forEach((read) => read.refuse('WRONGTYPE Operation against a key'));
    await under.settle();
    expect(under.isOpen(waitForJob)).toBe(true);
  });

  it('are read where another server answers behind the renewal', async () => {
    const under = await waiting();
    failOver(under, 'run-1');
    under.onRenewal = () => failOver(under, 'run-2');
    await under.endWait();
    expect(openReads(under)).not.toEqual([]);
  });
});
