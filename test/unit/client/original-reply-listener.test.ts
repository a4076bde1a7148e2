import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { OriginalReplyListener } from '../../../lib/client/replies/original-reply-listener.js';
import { PendingRequests } from '../../../lib/client/waiting/pending-requests.js';
import { listLength, popFirst, pushToList } from '../../../lib/protocol/operations/lists.js';
import { expireKey } from '../../../lib/protocol/operations/keys.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';
import { keptRequest, type KeptRequest } from '../support/kept-request.js';

function newListener() {
  const driver = new FakeDriver();
  const log = new KeptLog();
  const pending = new PendingRequests(0, new AsyncResource('test'), driver.runtime);
  const listener = new OriginalReplyListener(driver.shard(), log);
  return {
    driver,
    log,
    listener,
    line: () => driver.line('original-replies'),
    ask(id: string, timeout = 0): KeptRequest {
      const kept = keptRequest(pending, id, { timeout, isOriginal: true });
      listener.expect(kept.request);
      return kept;
    },
    /** Lists of the current wait, without the one that wakes the listener. */
    waitedFor: (): string[] =>
      driver.line('original-replies').next(popFirst).input.lists.slice(0, -1),
    async answer(answer: readonly [string, string] | null): Promise<void> {
      driver
        .line('original-replies')
        .next(popFirst)
        .answer(answer as [string, string]);
      await driver.settle();
    },
  };
}

const listOf = (id: string): string => `reportsreplies:${id}`;

describe('the replies of original workers', () => {
  it('are awaited in all their lists together, and end their requests', async () => {
    const { ask, answer, driver, waitedFor } = newListener();
    const [one, two] = [ask('one'), ask('two')];
    await driver.settle();
    expect(waitedFor()).toEqual([listOf('one'), listOf('two')]);
    await answer([listOf('one'), '{"sum":3}']);
    expect(one.seen).toEqual([['next', { sum: 3 }], ['complete']]);
    expect([one.ends, two.ends]).toEqual([['reply'], []]);
    expect(waitedFor()).toEqual([listOf('two')]);
  });

  it('of a new request are awaited after the wait was woken, once a turn for many requests', async () => {
    const { ask, answer, driver, line, waitedFor } = newListener();
    ask('one');
    await driver.settle();
    ask('two');
    ask('three');
    expect(waitedFor()).toEqual([listOf('one')]);
    await driver.settle();
    const [wake, ...others] = driver.commands.inputsOf(pushToList);
    expect(others).toEqual([]);
    expect(line().next(popFirst).input.lists.at(-1)).toBe(wake?.list);
    expect(driver.commands.inputsOf(expireKey)).toEqual([{ key: wake?.list, ms: 60_000 }]);
    await answer([wake?.list ?? '', '']);
    expect(waitedFor()).toEqual([listOf('one'), listOf('two'), listOf('three')]);
  });

  it('that are lost between the pop and its answer let their requests time out', async () => {
    const { ask, driver, line, waitedFor } = newListener();
    const one = ask('one', 1_000);
    await driver.settle();
    line().break();
    await driver.settle();
    line().mend();
    await driver.settle();
    expect(waitedFor()).toEqual([listOf('one')]);
    expect(one.ends).toEqual([]);
    await driver.runtime.advanceAsync(1_000);
    expect(one.ends).toEqual(['timeout']);
  });

  it('that are not JSON fail their requests, and are logged once', async () => {
    const { ask, answer, driver, log } = newListener();
    const one = ask('one');
    await driver.settle();
    await answer([listOf('one'), 'no JSON']);
    expect(one.ends).toEqual(['unreadable reply']);
    expect(one.seen).toMatchObject([['error', { remote: { code: 'NO_JSON' } }]]);
    expect(log.warnings).toHaveLength(1);
  });

  it('of unknown requests are ignored', async () => {
    const { ask, answer, driver, waitedFor } = newListener();
    const one = ask('one');
    await driver.settle();
    await answer([listOf('another'), '1']);
    await answer(null);
    expect(one.ends).toEqual([]);
    expect(waitedFor()).toEqual([listOf('one')]);
  });
});

describe('a request that was cancelled', () => {
  it('is still awaited, so that its late reply is removed, and then no more', async () => {
    const { ask, answer, driver, listener, waitedFor } = newListener();
    const one = ask('one');
    ask('two');
    await driver.settle();
    one.request.end('unsubscribed');
    listener.removeLateReply(one.request);
    await answer(null);
    expect(waitedFor()).toEqual([listOf('one'), listOf('two')]);
    await answer([listOf('one'), '1']);
    expect(one.seen).toEqual([]);
    expect(waitedFor()).toEqual([listOf('two')]);
  });

  it('is no longer awaited if its job was never pushed', async () => {
    const { ask, answer, driver, listener, waitedFor } = newListener();
    const one = ask('one');
    ask('two');
    await driver.settle();
    listener.stopWaiting(one.request);
    listener.removeLateReply(one.request);
    await answer(null);
    expect(waitedFor()).toEqual([listOf('two')]);
  });

  it('is one of a limited number, of which the oldest are dropped', async () => {
    const { ask, answer, driver, listener, waitedFor } = newListener();
    const all = Array.from({ length: 1_002 }, (_, index) => ask(`${index}`));
    await driver.settle();
    all.forEach(({ request }) => listener.removeLateReply(request));
    await answer(null);
    expect(waitedFor()).toHaveLength(1_000);
    expect(waitedFor()[0]).toBe(listOf('2'));
  });
});

describe('a wait that is refused', () => {
  const WRONGTYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

  it('because one key is not a list fails the request of that key only', async () => {
    const { ask, answer, driver, line, log, waitedFor } = newListener();
    const [wrong, right] = [ask('wrong'), ask('right')];
    await driver.settle();
    line().next(popFirst).refuse(WRONGTYPE);
    await driver.settle();
    expect(line().inputsOf(listLength)).toEqual([listOf('wrong'), listOf('right')]);
    line().next(listLength).refuse(WRONGTYPE);
    line().next(listLength).answer(0);
    await driver.settle();
    expect(wrong.ends).toEqual(['unreadable reply']);
    expect(wrong.seen).toMatchObject([['error', { remote: { code: 'WRONGTYPE' } }]]);
    expect(waitedFor()).toEqual([listOf('right')]);
    await answer([listOf('right'), '1']);
    expect(right.ends).toEqual(['reply']);
    expect(log.errors).toEqual([]);
  });

  it('for another reason is retried, and logged once', async () => {
    const { ask, answer, driver, line, log } = newListener();
    const one = ask('one');
    await driver.settle();
    for (const wait of [50, 100, 200]) {
      line().next(popFirst).refuse('OOM command not allowed');
      await driver.runtime.advanceAsync(wait - 1);
      expect(line().open).toEqual([]);
      await driver.runtime.advanceAsync(1);
    }
    await answer([listOf('one'), '1']);
    expect(one.ends).toEqual(['reply']);
    expect(log.warnings).toHaveLength(1);
    expect(log.infos).toEqual(['Replies of original workers can be read again']);
  });
});

it('opens a line with the first request, and releases it when it is closed', async () => {
  const { ask, driver, listener, line } = newListener();
  expect(driver.blockingLines).toEqual([]);
  ask('one');
  await driver.settle();
  const opened = line();
  listener.close();
  await driver.runtime.advanceAsync(10_000);
  expect(driver.blockingLines).toEqual([]);
  expect(opened.calls(popFirst)).toHaveLength(1);
  expect(driver.runtime.pending).toBe(0);
});
