import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { listHead, trimList } from '../../../lib/protocol/operations/lists.js';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { FULL, READ, StreamUnderTest } from '../support/stream-under-test.js';

const LOOK_INTERVAL_MS = 15_000;

/** A stream whose first value has filled the list of its caller, and whose second one waits. */
async function waiting(size = FULL) {
  const under = new StreamUnderTest();
  await under.add('a');
  await under.answer(size);
  await under.add('b');
  return under;
}

describe('a stream whose caller has much to read', () => {
  it.each([
    ['1000 frames', { length: 1_000, bytes: 1 }, true],
    ['fewer', { length: 999, bytes: 1 }, false],
    ['4 MiB', { length: 1, bytes: 4 * 1024 * 1024 }, true],
    ['less', { length: 1, bytes: 4 * 1024 * 1024 - 1 }, false],
  ])('waits at %s', async (_, size, isWaiting) => {
    const under = await waiting(size);
    await under.pass(60_000);
    expect(under.pushes).toEqual(isWaiting ? [['a']] : [['a'], ['b']]);
  });

  it('takes all frames to be as long as its own where the server does not tell', async () => {
    const under = new StreamUnderTest();
    await under.add('x'.repeat(100_000));
    await under.answer({ length: 42, bytes: undefined });
    await under.add('b');
    expect(under.pushes).toHaveLength(1);
    await under.pass(1);
    under.commands.next(measureList).answer({ length: 41, bytes: undefined });
    await under.settle();
    expect(under.pushes).toHaveLength(2);
  });

  it('goes on as soon as there is room, at which it looks soon at first, then less often', async () => {
    const under = await waiting();
    let size = FULL;
    under.commands.always(measureList, () => size);
    await under.pass(1_000);
    const { length } = under.commands.calls(measureList);
    expect(length).toBeGreaterThan(15);
    expect(length).toBeLessThan(25);
    size = READ;
    await under.pass(64);
    expect(under.pushes).toEqual([['a'], ['b']]);
    await under.pass(1_000);
    expect(under.commands.calls(measureList)).toHaveLength(length + 1);
  });

  it('goes on looking on the next connection where one is lost meanwhile', async () => {
    const under = await waiting();
    await under.pass(1);
    under.driver.disconnect();
    await under.pass(60_000);
    expect(under.commands.open).toEqual([]);
    under.driver.reconnect();
    await under.settle();
    under.commands.next(measureList).answer(READ);
    await under.settle();
    expect([under.pushes, under.lost]).toEqual([[['a'], ['b']], []]);
  });

  it('goes on looking once a second where Redis refuses to tell', async () => {
    const under = await waiting();
    await under.pass(1);
    under.commands.next(measureList).refuse('LOADING Redis is loading the dataset in memory');
    await under.pass(999);
    expect(under.commands.open).toEqual([]);
    await under.pass(100);
    under.commands.next(measureList).answer(READ);
    await under.settle();
    expect(under.pushes).toHaveLength(2);
  });

  it('is given up when the connections are closed', async () => {
    const under = await waiting();
    await under.pass(1);
    const flushed = under.flushed();
    under.driver.close();
    await under.settle();
    expect(under.lost).toEqual([[expect.stringContaining('the connections are closed'), false]]);
    expect([under.stream.isStopped, flushed.isDone]).toEqual([true, true]);
  });
});

describe('a stream whose caller reads nothing', () => {
  /** Lets a stream look so many times, at a list that has the same frame at its head. */
  async function look(times: number, under = new StreamUnderTest()) {
    under.commands.always(trimList, () => undefined);
    under.commands.always(listHead, () => 'frame');
    await under.pass(times * LOOK_INTERVAL_MS);
    return under;
  }

  it('is given up after a minute', async () => {
    const under = await look(4);
    expect(under.lost).toEqual([]);
    await look(1, under);
    expect(under.lost).toEqual([[expect.stringContaining('has read nothing for 60 s'), false]]);
    await look(10, under);
    expect([under.lost.length, under.driver.runtime.pending]).toEqual([1, 0]);
  });

  it('goes on where it reads in the last moment, or has read all', async () => {
    const under = await look(4);
    under.commands.always(listHead, () => 'another frame');
    await under.pass(LOOK_INTERVAL_MS);
    await look(4, under);
    under.commands.always(listHead, () => null);
    await under.pass(20 * LOOK_INTERVAL_MS);
    expect(under.lost).toEqual([]);
  });

  it('is not given up for what its caller cannot remove while Redis refuses writes', async () => {
    const under = await look(1);
    under.commands.always(trimList, () => {
      throw new ReplyError('NOREPLICAS Not enough good replicas to write.');
    });
    await under.pass(8 * LOOK_INTERVAL_MS);
    await look(4, under);
    expect(under.lost).toEqual([]);
    await look(1, under);
    expect(under.lost).toHaveLength(1);
  });

  it('is not given up for looks that no connection was there for', async () => {
    const under = await look(3);
    under.driver.disconnect();
    await under.pass(20 * LOOK_INTERVAL_MS);
    under.driver.reconnect();
    expect(under.lost).toEqual([]);
    const before = under.commands.calls(listHead).length;
    await look(1, under);
    expect([under.commands.calls(listHead).length, under.lost]).toEqual([before + 1, []]);
  });
});
