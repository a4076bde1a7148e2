import { describe, expect, it } from 'vitest';
import type { Line } from '../../lib/driver/line.js';
import { isRefusal } from '../../lib/driver/refusal.js';
import { countKeys, expireKey } from '../../lib/protocol/operations/keys.js';
import { listLines } from '../../lib/protocol/operations/list-lines.js';
import {
  listLength,
  popFirst,
  pushToList,
  readList,
  waitForHead,
} from '../../lib/protocol/operations/lists.js';
import { waitForJob } from '../../lib/protocol/operations/wait-for-job.js';
import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';
import { takeJobs } from '../../lib/protocol/operations/take-jobs.js';
import { waitFor } from '../support/wait-for.js';
import { newQueue } from './support/contract-queue.js';
import { useContractServers } from './support/contract-servers.js';

describe.each(useContractServers())('a line, $name', (server) => {
  const push = (list: string, ...elements: string[]) =>
    server.line.run(pushToList, { list, elements });

  /** Resolves when the server has received the earlier operations of a line, which is blocked. */
  const untilBlocked = async (...lines: readonly Line[]): Promise<void> => {
    for (const line of lines) {
      // What is asked on another line behind a round trip of its own comes later.
      await server.line.run(listLines, [line.identity?.id ?? 0]);
      await server.line.run(listLines, [line.identity?.id ?? 0]);
    }
  };

  const identityOf = ({ identity }: Line): LineIdentity => {
    if (!identity) {
      throw new Error('The line is not ready');
    }
    return identity;
  };

  it('answers in a later turn', async () => {
    let isAnswered = false;
    const answer = push(newQueue().keys.requests, 'a').then(() => {
      isAnswered = true;
    });
    expect(isAnswered).toBe(false);
    await answer;
  });

  it('runs operations in order', async () => {
    const { keys } = newQueue();
    const found = await server.line.all((run) => [
      run(pushToList, { list: keys.requests, elements: ['a'] }),
      run(listLength, keys.requests),
      run(pushToList, { list: keys.requests, elements: ['b'] }),
      run(readList, { list: keys.requests, first: 0, last: -1 }),
    ]);
    expect(found).toEqual([1, 1, 2, ['a', 'b']]);
  });

  it('returns the outcome of each of several operations', async () => {
    const { keys } = newQueue();
    await server.look.set(keys.deadList, 'no list');
    const settled = await server.line.settled((run) => [
      run(listLength, keys.deadList),
      run(listLength, keys.requests),
    ]);
    expect(settled).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ name: 'ReplyError' }) },
      { status: 'fulfilled', value: 0 },
    ]);
    await expect(server.line.run(listLength, keys.deadList)).rejects.toThrow(
      /^WRONGTYPE Operation/,
    );
  });

  it('gives each job to the line that has waited longest', async () => {
    const { keys, slots } = newQueue();
    const lines = [await server.openLine(), await server.openLine()] as const;
    const waits: Promise<readonly string[]>[] = [];
    for (const [index, line] of lines.entries()) {
      const slot = slots[index] ?? '';
      waits.push(line.run(waitForJob, { requests: keys.requests, slot, seconds: 10 }));
      await untilBlocked(line);
    }
    await push(keys.requests, 'a', 'b', 'c');
    expect(await Promise.all(waits)).toEqual([['a'], ['b']]);
    expect(await server.look.lrange(slots[0], 0, -1)).toEqual(['a']);
    expect(await server.look.lrange(keys.requests, 0, -1)).toEqual(['c']);
  });

  it('serves in turn a line that waits for the list to which a job moves', async () => {
    const { keys, slots } = newQueue();
    const [first, second] = [await server.openLine(), await server.openLine()];
    const popped = second.run(popFirst, { lists: [slots[0]], seconds: 10 });
    const moved = first.run(waitForJob, { requests: keys.requests, slot: slots[0], seconds: 10 });
    await untilBlocked(first, second);
    await push(keys.requests, 'a');
    expect(await moved).toEqual(['a']);
    expect(await popped).toEqual([slots[0], 'a']);
  });

  it('leaves the head that it waits for in the list', async () => {
    const { keys } = newQueue();
    const line = await server.openLine();
    const [head, rest] = [
      line.run(waitForHead, { list: keys.requests, seconds: 10 }),
      line.run(readList, { list: keys.requests, first: 1, last: -1 }),
    ];
    await untilBlocked(line);
    await push(keys.requests, 'a', 'b');
    expect(await head).toBe('a');
    expect(await rest).toEqual(['b']);
    expect(await server.look.llen(keys.requests)).toBe(2);
  });

  it('delays operations behind one that blocks', async () => {
    const { keys } = newQueue();
    const line = await server.openLine();
    const order: string[] = [];
    const wait = line.run(popFirst, { lists: [keys.requests], seconds: 10 });
    const behind = line.run(listLength, keys.deadList);
    void wait.then(() => order.push('wait'));
    void behind.then(() => order.push('behind'));
    await untilBlocked(line);
    expect(order).toEqual([]);
    await push(keys.requests, 'a');
    await behind;
    expect(order).toEqual(['wait', 'behind']);
  });

  it('returns nothing when its wait times out', async () => {
    const { keys, slots } = newQueue();
    const line = await server.openLine();
    const brief = { requests: keys.requests, slot: slots[0], seconds: 0.01 };
    expect(await line.run(waitForJob, brief)).toEqual([]);
    expect(await line.run(waitForHead, { list: keys.requests, seconds: 0.01 })).toBeNull();
    expect(await line.run(popFirst, { lists: [keys.requests], seconds: 0.01 })).toBeNull();
    await push(keys.requests, 'a');
    expect(await server.look.exists(slots[0])).toBe(0);
  });

  it('ends its wait when another line unblocks it', async () => {
    const { keys, slots } = newQueue();
    const line = await server.openLine();
    const wait = line.run(waitForJob, { requests: keys.requests, slot: slots[0], seconds: 10 });
    await untilBlocked(line);
    await server.line.unblock(identityOf(line));
    expect(await wait).toEqual([]);
    await push(keys.requests, 'a');
    expect(await server.look.llen(keys.requests)).toBe(1);
  });

  it('is known to the server until it is cut, takes no job then, and reconnects with another identity', async () => {
    const { keys, slots } = newQueue();
    const line = await server.openLine();
    const before = identityOf(line);
    const { path } = line;
    const listed = () => server.line.run(listLines, [before.id]);
    expect(await listed()).toMatchObject([{ id: before.id, address: before.address }]);
    const wait = line.run(waitForJob, { requests: keys.requests, slot: slots[0], seconds: 10 });
    const failure = wait.then(
      () => undefined,
      (error: unknown) => error,
    );
    await untilBlocked(line);
    expect(await server.line.cut(before)).toBe(true);
    const error = await failure;
    expect(error).toBeInstanceOf(Error);
    expect(isRefusal(error)).toBe(false);
    expect(await listed()).toEqual([]);
    await push(keys.requests, 'a');
    expect(await server.look.llen(keys.requests)).toBe(1);
    await line.ready();
    expect(identityOf(line).id).not.toBe(before.id);
    expect(line.path).not.toBe(path);
    expect(await line.run(listLength, keys.requests)).toBe(1);
  });

  it('still runs operations from before its close, except blocking ones', async () => {
    const { keys, slots } = newQueue();
    const line = await server.openLine();
    const answers = Promise.allSettled([
      line.run(pushToList, { list: keys.requests, elements: ['a'] }),
      line.run(waitForJob, { requests: keys.deadList, slot: slots[0], seconds: 10 }),
      line.run(pushToList, { list: keys.requests, elements: ['b'] }),
    ]);
    server.closeLine(line);
    const [, ...others] = (await answers).map(({ status }) => status);
    expect(others).toEqual(['rejected', 'rejected']);
    await waitFor(async () => (await server.look.llen(keys.requests)) > 0);
    await push(keys.deadList, 'job');
    expect(await server.look.lrange(keys.requests, 0, -1)).toEqual(['a']);
    expect(await server.look.exists(slots[0])).toBe(0);
    await expect(line.ready()).rejects.toThrow(/closed/);
  });

  it('finds no expired keys', async () => {
    const { keys, slots } = newQueue();
    await push(keys.requests, 'a');
    await push(keys.deadList, 'b');
    await server.line.run(expireKey, { key: keys.requests, ms: 20 });
    await server.line.run(expireKey, { key: keys.deadList, ms: 60_000 });
    await waitFor(
      async () => (await server.line.run(countKeys, [keys.requests, keys.deadList])) === 1,
    );
    const take = { requests: keys.requests, slot: slots[0], most: 9 };
    expect(await server.line.run(takeJobs, take)).toEqual([]);
    expect(await push(keys.requests, 'c')).toBe(1);
    expect(await server.look.pttl(keys.requests)).toBe(-1);
  });

  it('does not affect lines of another server', async () => {
    const line = await server.openLine();
    const other = { ...identityOf(line), server: 'another' };
    expect(await server.line.cut(other)).toBe(true);
    expect(await server.line.run(listLines, [other.id])).toHaveLength(1);
  });

  it('serves a wait with the elements that a script leaves, not with those that it removes again', async () => {
    const { keys, slots } = newQueue();
    const line = await server.openLine();
    const wait = line.run(popFirst, { lists: [slots[0]], seconds: 10 });
    await untilBlocked(line);
    await push(keys.requests, 'a', 'b');
    await server.line.run(takeJobs, { requests: keys.requests, slot: slots[0], most: 1 });
    expect(await wait).toEqual([slots[0], 'a']);
    expect(await server.look.lrange(keys.requests, 0, -1)).toEqual(['b']);
  });
});
