import { describe, expect, it } from 'vitest';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { decodeFrame } from '../../../lib/protocol/wire/reply-frame.js';
import { StreamUnderTest } from '../support/stream-under-test.js';
import { watched } from '../support/watched.js';

describe('the values of a stream', () => {
  it('leave together where they come in one turn, and one push after the other', async () => {
    const under = new StreamUnderTest();
    await under.add('a', 'b');
    await under.add('c');
    await under.add('d', 'e');
    expect(under.pushes).toEqual([['a', 'b']]);
    await under.answer();
    expect(under.pushes).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    await under.answer();
    expect([under.commands.open, under.stream.isComplete]).toEqual([[], true]);
  });

  it('tell their place, their delivery and their run, and so does the end behind them', async () => {
    const under = new StreamUnderTest({ attempt: 3 });
    under.readAll();
    await under.add('a', undefined);
    await under.add('b');
    const frames = under.commands.inputsOf(pushValues).flatMap((input) => input.frames);
    const run = expect.any(String);
    expect(frames.map(decodeFrame)).toMatchObject([
      { payload: 'a', position: { attempt: 3, index: 0, run } },
      { payload: null, position: { attempt: 3, index: 1, run } },
      { payload: 'b', position: { attempt: 3, index: 2, run } },
    ]);
    expect(under.stream.position).toMatchObject({ attempt: 3, index: 3, run });
  });

  it('are those of a run of its own: two streams of one job are told apart', () => {
    const first = new StreamUnderTest();
    const second = new StreamUnderTest({}, first.driver);
    expect(second.stream.position.run).not.toBe(first.stream.position.run);
  });

  it('are pushed again as they were where the answer is lost, before any other', async () => {
    const under = new StreamUnderTest();
    await under.add('a', 'b');
    const [first] = under.commands.inputsOf(pushValues);
    under.commands.next(pushValues).lose();
    await under.add('c');
    expect(under.commands.inputsOf(pushValues)[1]).toEqual(first);
    await under.answer();
    await under.answer();
    expect(under.pushes).toEqual([['a', 'b'], ['a', 'b'], ['c']]);
    expect(under.stream.pushedCount).toBe(3);
  });

  it('wait while the connection is lost, and follow on the next one', async () => {
    const under = new StreamUnderTest();
    under.readAll();
    under.driver.disconnect();
    await under.add('a');
    await under.pass(60_000);
    await under.add('b');
    expect(under.pushes).toEqual([]);
    under.driver.reconnect();
    await under.settle();
    expect(under.pushes).toEqual([['a'], ['b']]);
    expect(under.lost).toEqual([]);
  });

  it('are no more than 512 in a push, nor much longer than 256 KiB', async () => {
    const under = new StreamUnderTest();
    under.readAll();
    await under.add(...Array.from({ length: 1_000 }, (_, index) => index));
    await under.add(...Array.from({ length: 5 }, () => 'x'.repeat(100_000)));
    expect(under.pushes.map(({ length }) => length)).toEqual([512, 488, 3, 2]);
    expect(under.pushes.slice(0, 2).flat()).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index),
    );
  });
});

describe('the source of a stream', () => {
  it.each([
    ['many values', Array.from({ length: 512 }, () => 'x')],
    ['long values', ['x'.repeat(256 * 1024)]],
  ])('waits while %s wait for their push, and goes on once they have left', async (_, values) => {
    const under = new StreamUnderTest();
    await under.add('a');
    expect(under.stream.room()).toBeUndefined();
    await under.add(...values);
    const room = watched(under.stream.room() ?? Promise.resolve());
    await under.settle();
    expect(room.isDone).toBe(false);
    await under.answer();
    await under.answer();
    expect([room.isDone, under.stream.room()]).toEqual([true, undefined]);
  });
});

describe('a stream whose job another worker has taken over', () => {
  it('is given up in the middle: nothing else is pushed', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    await under.answer();
    await under.add('b');
    await under.add('c');
    const flushed = under.flushed();
    under.commands.next(pushValues).answer(undefined);
    await under.add('d');
    expect(under.lost).toEqual([
      [expect.stringContaining('another worker recovered the job'), true],
    ]);
    expect([under.pushes, flushed.isDone]).toEqual([[['a'], ['b']], true]);
    expect(under.stream.isStopped).toBe(true);
  });
});

describe('a stream whose values Redis refuses', () => {
  it('says so once, goes on trying, and pushes them in their order when that is over', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    under.commands.next(pushValues).refuse('OOM command not allowed');
    await under.pass(1_000);
    under.commands.next(pushValues).refuse('OOM command not allowed');
    await under.add('b');
    await under.pass(999);
    expect(under.pushes).toHaveLength(2);
    await under.pass(1);
    await under.answer();
    await under.answer();
    expect(under.pushes).toEqual([['a'], ['a'], ['a'], ['b']]);
    expect(under.log.errors).toEqual([
      'Cannot push stream values of job job-1 of queue "reports" to "replies:client-1" (OOM command not allowed); retrying',
    ]);
    expect(under.lost).toEqual([]);
    await under.add('c');
    under.commands.next(pushValues).refuse('OOM command not allowed');
    await under.settle();
    expect(under.log.errors).toHaveLength(2);
  });

  it('since its list is none says so, and is given up', async () => {
    const under = new StreamUnderTest();
    await under.add('a');
    under.commands.next(pushValues).refuse('WRONGTYPE Operation against a key');
    await under.settle();
    expect(under.log.errors).toEqual([expect.stringContaining('ending the stream')]);
    expect([under.lost.length, under.stream.isStopped]).toEqual([1, true]);
  });
});

it('a stream that fails itself is given up: its run hears of it, and nobody else', async () => {
  const under = new StreamUnderTest({
    ttl: () => {
      throw new Error('no clock');
    },
  });
  await under.add('a');
  expect(under.flushed()).toMatchObject({ isDone: false });
  await under.settle();
  expect(under.lost).toEqual([[expect.stringContaining('no clock'), false]]);
  expect(under.stream.isStopped).toBe(true);
});

it('a stream is given up when the connections are closed', async () => {
  const under = new StreamUnderTest();
  await under.add('a');
  const flushed = under.flushed();
  under.driver.close();
  await under.settle();
  expect([under.lost.length, flushed.isDone, under.stream.isStopped]).toEqual([1, true, true]);
});
