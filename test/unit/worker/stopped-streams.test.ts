import { describe, expect, it } from 'vitest';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { FULL, StreamUnderTest } from '../support/stream-under-test.js';

/** Puts a stream with the values `a` and `b` into a state. */
const STATES: readonly [string, (under: StreamUnderTest) => Promise<void>][] = [
  [
    'before its first push',
    async ({ stream }) => {
      stream.add('"a"');
      stream.add('"b"');
    },
  ],
  [
    'while Redis refuses its values',
    async (under) => {
      await under.add('a', 'b');
      under.commands.next(pushValues).refuse('OOM command not allowed');
      await under.settle();
    },
  ],
  [
    'while it waits for its caller to read',
    async (under) => {
      await under.add('a');
      await under.answer(FULL);
      await under.add('b');
    },
  ],
];

describe('a stream that is stopped', () => {
  it.each(STATES)('%s pushes no more, and is over soon', async (_, reach) => {
    const under = new StreamUnderTest();
    under.commands.always(measureList, () => FULL);
    await reach(under);
    const count = under.pushes.length;
    under.stream.stop();
    const flushed = under.flushed();
    await under.pass(1);
    expect(flushed.isDone).toBe(true);
    await under.add('c');
    await under.pass(60_000);
    expect([under.pushes.length, under.lost]).toEqual([count, []]);
    expect(under.driver.runtime.pending).toBe(0);
  });

  it('while a push is on its way is over with its answer, and pushes nothing behind it', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    await under.add('b');
    under.stream.stop();
    const flushed = under.flushed();
    await under.settle();
    expect(flushed.isDone).toBe(false);
    await under.answer();
    expect([flushed.isDone, under.pushes]).toEqual([true, [['a']]]);
    expect([under.stream.isComplete, under.stream.pushedPosition.index]).toEqual([false, 1]);
  });

  it('while a push is on its way hears of no job that another worker has taken', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    under.stream.stop();
    under.commands.next(pushValues).answer(undefined);
    await under.settle();
    expect(under.lost).toEqual([]);
  });

  it('while a push is on its way says nothing where Redis refuses that', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    under.stream.stop();
    under.commands.next(pushValues).refuse('OOM command not allowed');
    await under.pass(60_000);
    expect([under.pushes.length, under.log.errors]).toEqual([1, []]);
    expect(under.stream.isComplete).toBe(false);
  });

  it('while Redis refuses its values does not count them as pushed', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    await under.answer();
    await under.add('b', 'c');
    under.commands.next(pushValues).refuse('OOM command not allowed');
    await under.settle();
    under.stream.stop();
    await under.stream.flushed();
    expect([under.stream.isComplete, under.stream.pushedPosition.index]).toEqual([false, 1]);
  });

  it('lets its source go on, which is ended by whoever stops it', async () => {
    const under = new StreamUnderTest();
    await under.add(...Array.from({ length: 512 }, String));
    await under.add(...Array.from({ length: 512 }, String));
    const room = under.stream.room();
    expect(room).toBeDefined();
    under.stream.stop();
    await room;
    expect(under.stream.room()).toBeUndefined();
  });

  it('behind its last value is complete', async () => {
    const under = new StreamUnderTest();
    under.readAll();
    await under.add('a');
    under.stream.stop();
    expect(under.stream.isComplete).toBe(true);
  });
});
