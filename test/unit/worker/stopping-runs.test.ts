import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { job, SHUTDOWN_TIMEOUT_MS, WorkerUnderTest } from '../support/worker-under-test.js';

describe('a worker that stops while jobs run', () => {
  it('waits until they are settled, and takes no others with that, not even where it is resumed', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    await under.arrive(job('a'), job('b'));
    const stopped = under.stop();
    await under.pass(5_000);
    under.worker.resume();
    under.runs.end('a', 1);
    under.runs.end('b', 2);
    await under.settle();
    expect(under.openSettle.input).toMatchObject({ takes: [] });
    expect(stopped.isDone).toBe(false);
    await under.confirmSettle();
    expect([stopped.result, under.log.warnings]).toEqual([true, []]);
    expect(under.replies).toMatchObject([
      { id: 'a', payload: 1 },
      { id: 'b', payload: 2 },
    ]);
  });

  it('leaves no timer behind that keeps the process from ending', async () => {
    const under = await WorkerUnderTest.started({ timeout: 60_000 });
    under.confirmAll();
    await under.arrive(job('a', null, { d: 60_000 }));
    void under.runs.signalOf('a');
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect([stopped.result, under.driver.runtime.holding]).toEqual([true, 0]);
  });

  it('counts a job that is cancelled meanwhile until its handler has returned', async () => {
    const under = await WorkerUnderTest.started();
    under.confirmAll();
    await under.arrive(job('a'));
    const stopped = under.stop();
    under.worker.cancel(['a']);
    await under.pass(1_000);
    expect(stopped.isDone).toBe(false);
    under.runs.end('a');
    await under.settle();
    expect([stopped.result, under.replies]).toEqual([true, []]);
  });
});

describe('a job that does not end within the shutdownTimeout', () => {
  it('goes back to its queue, and its handler is told why', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    await under.arrive(job('a'), job('b'));
    const signal = under.runs.signalOf('a');
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS - 1);
    expect([signal.aborted, under.open]).toEqual([false, []]);
    await under.pass(1);
    expect(signal.reason).toMatchObject({
      name: 'AbortError',
      message: expect.stringContaining('The worker stops'),
    });
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(2);
    expect(under.log.warnings).toEqual([expect.stringContaining('2 jobs of queue "reports"')]);
    expect(stopped.isDone).toBe(false);
    under.commands.next(giveBackJobs).answer(2);
    await under.settle();
    expect(stopped.result).toBe(true);
  });

  it('is not answered by what its handler returns or throws later', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    under.confirmAll();
    await under.arrive(job('a'), job('b'));
    under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    under.runs.end('a', 'too late');
    under.runs.fail('b', under.runs.signalOf('b').reason);
    await under.pass(1_000);
    expect([under.replies, under.settles, under.log.errors]).toEqual([[], [], []]);
    expect(under.worker.busy).toBe(0);
  });

  it('becomes a dead letter where it must not be started again, and its caller is told', async () => {
    const under = await WorkerUnderTest.started({ concurrency: 2 });
    await under.arrive(job('once', null, { n: 1 }), job('again'));
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    const { reason, reply } = under.commands.next(moveToDeadLetters).input;
    expect([reason, JSON.parse(reply?.text ?? '')]).toEqual([
      'out of deliveries',
      ['once', 'e', expect.objectContaining({ code: 'WORKER_LOST' })],
    ]);
    expect(under.commands.next(giveBackJobs).input.places).toHaveLength(1);
    expect(under.log.warnings).toEqual([
      expect.stringContaining(
        '(1 with maxDeliveries 1 moved to the dead letters of the queue instead)',
      ),
    ]);
    under.confirmAll();
    await under.settle();
    expect(stopped.result).toBe(true);
  });

  it('becomes a dead letter as well where its handler allows one delivery', async () => {
    const under = await WorkerUnderTest.started({ maxDeliveries: 1 });
    await under.arrive(job('a'));
    under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect(under.open).toEqual([moveToDeadLetters.name]);
  });

  it('is left to others where Redis does not take it back within half a second', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS + 499);
    expect(stopped.isDone).toBe(false);
    await under.pass(1);
    expect(stopped.isDone).toBe(true);
  });

  it('is left to others where Redis refuses it, which is said once', async () => {
    const under = await WorkerUnderTest.started();
    await under.arrive(job('a'));
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    under.commands.next(giveBackJobs).refuse('OOM command not allowed');
    await under.pass(60_000);
    expect([stopped.isDone, under.open]).toEqual([true, []]);
    expect(under.log.warnings).toHaveLength(2);
  });
});

describe('a stream that does not end within the shutdownTimeout', () => {
  /** A worker whose job streams what the subject gives. */
  async function streaming() {
    const source = new Subject<unknown>();
    const under = await WorkerUnderTest.started({ handle: () => source });
    await under.arrive(job('a'));
    return { under, source };
  }

  it('goes back to its queue where no value has left', async () => {
    const { under } = await streaming();
    under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect(under.open).toEqual([giveBackJobs.name]);
  });

  it('ends with an error behind its values, and is given up', async () => {
    const { under, source } = await streaming();
    under.confirmAll();
    source.next(1);
    source.next(2);
    await under.settle();
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect([under.values, source.observed, stopped.result]).toEqual([[1, 2], false, true]);
    expect(under.replies).toMatchObject([
      { kind: 'e', id: 'a', error: { code: 'WORKER_LOST' }, position: { index: 2 } },
    ]);
    expect(under.commands.calls(giveBackJobs)).toEqual([]);
  });

  it('ends with an error behind the values that are on their way', async () => {
    const { under, source } = await streaming();
    source.next(1);
    await under.settle();
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS);
    expect(under.open).toEqual([pushValues.name]);
    under.commands.next(pushValues).answer({ length: 1, bytes: 100 });
    await under.settle();
    expect(under.replies).toMatchObject([{ kind: 'e', position: { index: 1 } }]);
    await under.confirmSettle();
    expect(stopped.result).toBe(true);
  });

  it('is waited for no longer than half a second where its values are not answered', async () => {
    const { under, source } = await streaming();
    source.next(1);
    await under.settle();
    const stopped = under.stop();
    await under.pass(SHUTDOWN_TIMEOUT_MS + 500);
    expect([stopped.isDone, source.observed]).toEqual([true, false]);
  });
});
