import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  moveToDeadLetters,
  type DeadLetterMoveResult,
} from '../../../lib/protocol/operations/move-to-dead-letters.js';
import { EVENT_CHANNELS } from '../../../lib/telemetry/channel-names.js';
import { job, WorkerUnderTest } from '../support/worker-under-test.js';

it.each<[DeadLetterMoveResult['outcome'], number]>([
  ['moved', 1],
  ['moved without reply', 1],
  ['gone', 0],
])(
  'a move to the dead letters that answers "%s" tells of %i dead letters',
  async (outcome, count) => {
    const told: unknown[] = [];
    const listen = (event: unknown): void => void told.push(event);
    subscribe(EVENT_CHANNELS['job dead'], listen);
    onTestFinished(() => void unsubscribe(EVENT_CHANNELS['job dead'], listen));
    const under = await WorkerUnderTest.started();
    await under.arrive('no job');
    under.commands.next(moveToDeadLetters).answer({ outcome, dropped: 0 });
    await under.settle();
    expect(told).toHaveLength(count);
  },
);

describe('a job that has failed and becomes a dead letter', () => {
  const emit = (id: string): string => job(id, null, { c: undefined });

  it('leaves its slot by that, and the next jobs are run', async () => {
    const under = await WorkerUnderTest.started({ deadLetterFailures: 'emits' });
    await under.arrive(emit('a'));
    under.runs.fail('a', new Error('refused'));
    await under.settle();
    const move = under.commands.next(moveToDeadLetters);
    expect(move.input).toMatchObject({ reason: 'failed', message: 'refused', attempts: 1 });
    expect([under.settles, move.input.reply]).toEqual([[], undefined]);
    await under.arrive(emit('b'));
    expect(under.runs.begun).toEqual(['a', 'b']);
    move.answer({ outcome: 'moved', dropped: 0 });
    under.confirmAll();
    under.runs.end('b');
    await under.settle();
    expect(under.worker.busy).toBe(0);
  });

  it('is waited for by a stop', async () => {
    const under = await WorkerUnderTest.started({ deadLetterFailures: 'emits' });
    await under.arrive(emit('a'));
    const stopped = under.stop();
    under.runs.fail('a', new Error('refused'));
    await under.settle();
    expect(stopped.isDone).toBe(false);
    under.commands.next(moveToDeadLetters).answer({ outcome: 'moved', dropped: 0 });
    await under.settle();
    expect([stopped.result, under.log.warnings]).toEqual([true, []]);
  });

  it('is left to other workers where Redis refuses it while the worker stops', async () => {
    const under = await WorkerUnderTest.started({ deadLetterFailures: 'emits' });
    await under.arrive(emit('a'));
    const stopped = under.stop();
    under.runs.fail('a', new Error('refused'));
    await under.settle();
    under.commands.next(moveToDeadLetters).refuse('OOM command not allowed');
    await under.settle();
    expect([stopped.result, under.log.warnings]).toEqual([
      true,
      [expect.stringContaining('another worker will recover them')],
    ]);
  });

  it('carries the error for its caller', async () => {
    const under = await WorkerUnderTest.started({ deadLetterFailures: 'all' });
    await under.arrive(job('a'));
    under.runs.fail('a', new Error('refused'));
    await under.settle();
    const { reply } = under.commands.next(moveToDeadLetters).input;
    expect(JSON.parse(reply?.text ?? '')).toEqual([
      'a',
      'e',
      expect.objectContaining({ message: 'refused' }),
    ]);
  });
});

it('a worker says how many letters were dropped for a new one', async () => {
  const under = await WorkerUnderTest.started();
  await under.arrive('no job');
  under.commands.next(moveToDeadLetters).answer({ outcome: 'moved', dropped: 2 });
  await under.settle();
  expect(under.log.warnings).toEqual([expect.stringContaining('the oldest 2 letters removed')]);
});
