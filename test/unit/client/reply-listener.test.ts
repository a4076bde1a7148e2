import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { ReplyListener } from '../../../lib/client/replies/reply-listener.js';
import { PendingRequests } from '../../../lib/client/waiting/pending-requests.js';
import {
  listHead,
  readList,
  trimList,
  waitForHead,
} from '../../../lib/protocol/operations/lists.js';
import { encodeReply } from '../../../lib/protocol/wire/reply-frame.js';
import { FakeDriver } from '../../support/fake-driver.js';
import type { FakeLine } from '../../support/fake-line.js';
import { silentHooks } from '../support/silent-hooks.js';
import { KeptLog } from '../support/kept-log.js';
import { keptRequest } from '../support/kept-request.js';

const LIST = 'replies:client';

/** A listener that is waiting, over a line whose answers the test gives. */
async function newListener() {
  const driver = new FakeDriver();
  const log = new KeptLog();
  const pending = new PendingRequests(0, new AsyncResource('test'), driver.runtime);
  const listener = new ReplyListener(
    driver.shard(),
    'client',
    pending,
    log,
    silentHooks(log),
    undefined,
  );
  listener.start();
  await driver.settle();
  const line = driver.line('replies');
  return {
    driver,
    line,
    log,
    pending,
    listener,
    ask: (id: string, timeout = 0) => keptRequest(pending, id, { timeout }),
    /** Answers a wait with the first frame and the frames after it. */
    async bring(...ids: string[]): Promise<void> {
      const [head = null, ...others] = ids.map((id) => encodeReply(id, `"reply to ${id}"`));
      confirmRemoval(line);
      line.next(waitForHead).answer(head);
      line.next(readList).answer(others);
      await driver.settle();
    },
  };
}

/** Each read begins with the removal of delivered frames. */
function confirmRemoval(line: FakeLine): void {
  if (line.open.some(({ name }) => name === trimList.name)) {
    line.next(trimList).answer(undefined);
  }
}

const removals = (line: FakeLine): number[] =>
  line.inputsOf(trimList).map(({ list, first, last }) => {
    expect([list, last]).toEqual([LIST, -1]);
    return first;
  });

const REPLIED = (id: string) => [['next', `reply to ${id}`], ['complete']];

describe('replies', () => {
  it('are delivered, and then removed by the next read', async () => {
    const { line, ask, bring } = await newListener();
    const [one, other] = [ask('one'), ask('other')];
    expect(line.inputsOf(waitForHead)).toEqual([{ list: LIST, seconds: 5 }]);
    expect(line.inputsOf(readList)).toEqual([{ list: LIST, first: 1, last: 63 }]);
    expect(line.calls(trimList)).toEqual([]);
    await bring('one', 'other');
    expect([one.seen, other.seen]).toEqual([REPLIED('one'), REPLIED('other')]);
    expect([one.ends, other.ends]).toEqual([['reply'], ['reply']]);
    expect(removals(line)).toEqual([2]);
    expect(line.open.map(({ name }) => name)).toEqual(['trimList', 'waitForHead', 'readList']);
  });

  it('are awaited again if none came in time', async () => {
    const { line, bring } = await newListener();
    await bring();
    expect(line.calls(waitForHead)).toHaveLength(2);
    expect(removals(line)).toEqual([]);
  });

  it('are read without a wait if the last read was full', async () => {
    const { driver, line, bring } = await newListener();
    await bring(...Array.from({ length: 64 }, (_, index) => `${index}`));
    expect(line.calls(waitForHead)).toHaveLength(1);
    expect(removals(line)).toEqual([64]);
    line.next(trimList).answer(undefined);
    line.next(readList).answer([]);
    await driver.settle();
    expect(line.calls(waitForHead)).toHaveLength(2);
  });

  it('that no request waits for are counted', async () => {
    const { listener, ask, bring } = await newListener();
    const { seen } = ask('one');
    await bring('unknown', 'one', 'one');
    expect(seen).toEqual(REPLIED('one'));
    expect(listener.discarded).toBe(2);
  });

  it('that are not frames are discarded with one log line', async () => {
    const { driver, line, log, listener } = await newListener();
    line.next(waitForHead).answer('no frame');
    line.next(readList).answer(['[]']);
    await driver.settle();
    expect(listener.discarded).toBe(2);
    expect(log.warnings).toEqual([expect.stringContaining('expected a reply frame, got no frame')]);
  });

  it('or a timeout end the request once, whichever is first', async () => {
    const { driver, listener, ask, bring } = await newListener();
    const early = ask('early', 1_000);
    const late = ask('late', 1_000);
    await driver.runtime.advanceAsync(999);
    await bring('early');
    await driver.runtime.advanceAsync(1);
    await bring('late');
    expect([early.ends, late.ends]).toEqual([['reply'], ['timeout']]);
    expect(late.seen).toEqual([]);
    expect(listener.discarded).toBe(1);
  });
});

describe('a line that is lost', () => {
  it('before the answer to a read loses nothing, because the frames are still in the list', async () => {
    const { driver, line, listener, ask, bring } = await newListener();
    const { seen } = ask('one');
    line.break();
    await driver.settle();
    expect(line.open).toEqual([]);
    line.mend();
    await driver.settle();
    await bring('one');
    expect(seen).toEqual(REPLIED('one'));
    expect(listener.discarded).toBe(0);
  });

  it('before a removal is confirmed may return frames twice, and the second finds no request', async () => {
    const { driver, line, listener, ask, bring } = await newListener();
    const [one, two] = [ask('one'), ask('two')];
    await bring('one');
    line.break();
    await driver.settle();
    line.mend();
    await driver.settle();
    expect(removals(line)).toEqual([1]);
    await bring('one', 'two');
    expect([one.seen, two.seen]).toEqual([REPLIED('one'), REPLIED('two')]);
    expect(listener.discarded).toBe(1);
    expect(removals(line)).toEqual([1, 2]);
  });

  it('while nothing is read may mean that the server has lost the list: later frames are all delivered', async () => {
    const { driver, line, listener, ask, bring } = await newListener();
    const two = ask('two');
    line.next(waitForHead).answer(encodeReply('one', '"reply to one"'));
    line.next(readList).answer([]);
    line.break();
    line.mend();
    await driver.settle();
    line.next(listHead).answer(null);
    await driver.settle();
    await bring('two');
    expect(two.seen).toEqual(REPLIED('two'));
    expect(removals(line)).toEqual([1]);
    expect(listener.discarded).toBe(1);
  });

  it('while nothing is read repeats nothing if the list is still there', async () => {
    const { driver, line, listener, bring } = await newListener();
    line.next(waitForHead).answer(encodeReply('one', '"reply to one"'));
    line.next(readList).answer([]);
    line.break();
    line.mend();
    await driver.settle();
    line.next(listHead).answer(encodeReply('one', '"reply to one"'));
    await driver.settle();
    expect(removals(line)).toEqual([1]);
    await bring();
    expect(listener.discarded).toBe(1);
  });

  it('to a server that lacks the last writes may mean that a later frame is behind the first: it is delivered', async () => {
    const { driver, line, ask, bring } = await newListener();
    const three = ask('three');
    await bring('one', 'two');
    line.next(trimList).refuse('MOVED 1 127.0.0.1:7002');
    line.next(waitForHead).refuse('MOVED 1 127.0.0.1:7002');
    line.next(readList).refuse('MOVED 1 127.0.0.1:7002');
    line.break();
    line.server = { runId: 'other' };
    line.mend();
    await driver.runtime.advanceAsync(200);
    expect(removals(line)).toEqual([2]);
    await bring('one', 'three');
    expect(three.seen).toEqual(REPLIED('three'));
    expect(removals(line)).toEqual([2, 2]);
  });

  it('during a read makes the next reads smaller', async () => {
    const { driver, line, bring } = await newListener();
    line.break();
    line.mend();
    await driver.settle();
    expect(line.inputsOf(readList)[1]).toEqual({ list: LIST, first: 1, last: 15 });
    await bring('one', 'two');
    expect(line.inputsOf(readList)[2]?.last).toBeGreaterThan(15);
  });
});

it('a read without a wait that is lost is followed by one that waits', async () => {
  const { driver, line, bring } = await newListener();
  await bring(...Array.from({ length: 64 }, (_, index) => `${index}`));
  expect(line.calls(waitForHead)).toHaveLength(1);
  line.break();
  line.mend();
  await driver.settle();
  expect(line.calls(waitForHead)).toHaveLength(2);
});

describe('a reply list of another type', () => {
  const WRONGTYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

  async function refuse({ driver, line }: Awaited<ReturnType<typeof newListener>>): Promise<void> {
    line.next(waitForHead).refuse(WRONGTYPE);
    line.next(readList).refuse(WRONGTYPE);
    await driver.settle();
  }

  it('is logged once, is the cause of timeouts, and is retried', async () => {
    const parts = await newListener();
    const { driver, line, log, listener } = parts;
    for (const wait of [50, 100, 200]) {
      await refuse(parts);
      expect(line.open).toEqual([]);
      await driver.runtime.advanceAsync(wait - 1);
      expect(line.open).toEqual([]);
      await driver.runtime.advanceAsync(1);
    }
    expect(listener.refusal?.message).toBe(WRONGTYPE);
    expect(log.errors).toEqual([expect.stringContaining('Cannot wait for replies')]);
  });

  it('is no longer the cause of timeouts after an answered wait', async () => {
    const parts = await newListener();
    const { driver, log, listener, ask, bring } = parts;
    const { seen } = ask('one');
    await refuse(parts);
    await driver.runtime.advanceAsync(50);
    await bring('one');
    expect(seen).toEqual(REPLIED('one'));
    expect(listener.refusal).toBeUndefined();
    expect(log.infos).toEqual([
      expect.stringMatching(/^Waiting for replies in "replies:.*" works again$/),
    ]);
  });
});

describe('while the server refuses writes', () => {
  const OOM = 'OOM command not allowed when used memory > maxmemory';

  /** Refuses the removal and the read that are underway, and lets the wait after them pass. */
  async function refuseRead(driver: FakeDriver, line: FakeLine): Promise<void> {
    line.next(trimList).refuse(OOM);
    line.next(waitForHead).refuse(OOM);
    line.next(readList).refuse(OOM);
    await driver.runtime.advanceAsync(50);
  }

  it('replies are read without a wait, and frames that cannot be removed are not delivered again', async () => {
    const { driver, line, listener, ask, bring } = await newListener();
    const [one, two, three] = [ask('one'), ask('two'), ask('three')];
    line.always(listHead, () => encodeReply('one', '"reply to one"'));
    await bring('one');
    await refuseRead(driver, line);
    expect(listener.refusal).toBeUndefined();
    // One was handed out, and stays where it is.
    line.next(trimList).refuse(OOM);
    await driver.settle();
    expect(line.next(readList).input).toMatchObject({ first: 1 });
    line.next(readList).answer([encodeReply('two', '"reply to two"')]);
    await driver.settle();
    expect([one.seen, two.seen]).toEqual([REPLIED('one'), REPLIED('two')]);
    expect(removals(line).at(-1)).toBe(2);
    line.next(trimList).answer(undefined);
    line.next(waitForHead).answer(encodeReply('three', '"reply to three"'));
    line.next(readList).answer([]);
    await driver.settle();
    expect(three.seen).toEqual(REPLIED('three'));
    expect(listener.discarded).toBe(0);
  });

  it('frames of a new list are not removed in place of delivered ones', async () => {
    const { driver, line, listener, ask, bring } = await newListener();
    const two = ask('two');
    await bring('one');
    await refuseRead(driver, line);
    line.next(listHead).answer(encodeReply('two', '"reply to two"'));
    await driver.settle();
    expect(line.next(readList).input).toMatchObject({ first: 0 });
    line.next(readList).answer([encodeReply('two', '"reply to two"')]);
    await driver.settle();
    expect(two.seen).toEqual(REPLIED('two'));
    expect(removals(line)).toEqual([1, 1]);
    expect(listener.discarded).toBe(1);
  });

  it('a list that is missing, and then of another type, is retried until it is a list', async () => {
    const { driver, line, ask, bring } = await newListener();
    const two = ask('two');
    await bring('one');
    await refuseRead(driver, line);
    line.next(listHead).refuse('WRONGTYPE Operation against a key holding the wrong kind of value');
    await driver.settle();
    line.next(listHead).answer(null);
    await driver.settle();
    await bring('two');
    expect(two.seen).toEqual(REPLIED('two'));
    expect(removals(line)).toEqual([1, 1]);
  });

  it('a removal that succeeds leads to no skipped frames', async () => {
    const { driver, line, ask, bring } = await newListener();
    const two = ask('two');
    await bring('one');
    line.next(trimList).answer(undefined);
    line.next(waitForHead).refuse(OOM);
    line.next(readList).refuse(OOM);
    await driver.runtime.advanceAsync(50);
    expect(line.next(readList).input).toMatchObject({ first: 0 });
    line.next(readList).answer([encodeReply('two', '"reply to two"')]);
    await driver.settle();
    expect(two.seen).toEqual(REPLIED('two'));
  });
});

describe('a listener', () => {
  it('that is closed releases its line, and stops reading', async () => {
    const { driver, line, listener } = await newListener();
    listener.close();
    await driver.settle();
    expect(driver.blockingLines).toEqual([]);
    expect(line.state).toBe('closed');
    await driver.runtime.advanceAsync(10_000);
    expect(line.calls(waitForHead)).toHaveLength(1);
    expect(driver.runtime.pending).toBe(0);
  });

  it('starts once, and not after it was closed', async () => {
    const { driver, listener, log, pending } = await newListener();
    listener.start();
    expect(driver.blockingLines).toHaveLength(1);
    const another = new ReplyListener(
      driver.shard(),
      'another',
      pending,
      log,
      silentHooks(log),
      undefined,
    );
    another.close();
    another.start();
    expect(driver.blockingLines).toHaveLength(1);
  });

  it('reads again after the requests sent upon replies were pushed', async () => {
    const { driver, line, ask } = await newListener();
    const order: string[] = [];
    ask('one').request.onEnd(() => {
      driver.runtime.setImmediate(() => order.push('pushed'));
    });
    line.always(trimList, () => void order.push('read'));
    line.next(waitForHead).answer(encodeReply('one', '1'));
    line.next(readList).answer([]);
    await driver.settle();
    expect(order).toEqual(['pushed', 'read']);
  });
});
