import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../../lib/client/calls/client-options.js';
import { RequestClient } from '../../../lib/client/request-client.js';
import type { ConnectionState } from '../../../lib/driver/connection-state.js';
import { singleShard, type Shard, type Shards } from '../../../lib/driver/shard.js';
import { deleteKey } from '../../../lib/protocol/operations/keys.js';
import { readList, waitForHead } from '../../../lib/protocol/operations/lists.js';
import { pushJobs } from '../../../lib/protocol/operations/push-jobs.js';
import { publish } from '../../../lib/protocol/operations/publish.js';
import { silentHooks } from '../support/silent-hooks.js';
import { inspectQueue } from '../../../lib/protocol/operations/inspect-queue.js';
import { decodeCancelMessage } from '../../../lib/protocol/wire/cancel-message.js';
import { encodeReply } from '../../../lib/protocol/wire/reply-frame.js';
import { failureOf } from '../../support/failure-of.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const LIMITS = { maxPending: 100, maxPendingBytes: 1_000_000, maxPayload: 100_000 };

/** A client of two shards: the queues whose names begin with `b` are in the second, all others in the first. */
function newClient(options: Partial<ClientOptions> = {}) {
  const runtime = new VirtualRuntime();
  const [first, second] = [new FakeDriver(runtime), new FakeDriver(runtime)];
  const all = [first.shard('first:'), second.shard('second:')] as const;
  const next = (queue: string): Shard => all[queue.startsWith('b') ? 1 : 0];
  const shards: Shards = {
    ...singleShard(first, all[0].keys),
    all,
    next,
    of: (queue) => [next(queue)],
  };
  const log = new KeptLog();
  const client = RequestClient.create({
    shards,
    log,
    hooks: silentHooks(log),
    options: { timeout: 0, ...LIMITS, ...options },
  });
  return { client, first, second, log, settle: () => first.settle() };
}

/** Ids of the pushed jobs. */
const pushed = ({ commands }: FakeDriver): string[] =>
  commands
    .inputsOf(pushJobs)
    .flatMap(({ elements }) => elements.map((each) => JSON.parse(String(each))[0]));

/** Ids of the published cancellations. */
const cancelled = ({ commands }: FakeDriver): unknown[] =>
  commands.inputsOf(publish).flatMap(({ message }) => decodeCancelMessage(message));

/** Confirms the oldest unanswered push. */
async function takePush(driver: FakeDriver): Promise<void> {
  const call = driver.commands.next(pushJobs);
  call.answer({ outcome: 'pushed', queueLength: call.input.elements.length });
  await driver.settle();
}

async function reply(driver: FakeDriver, id: string | undefined, json: string): Promise<void> {
  const line = driver.line('replies');
  line.next(waitForHead).answer(encodeReply(id ?? '', json));
  line.next(readList).answer([]);
  await driver.settle();
}

describe('a request that is cancelled', () => {
  it('in the turn in which it was sent is never pushed, and no cancellation is published', async () => {
    const { client, first, settle } = newClient();
    client.send('a').subscribe().unsubscribe();
    await settle();
    expect(first.commands.asked).toEqual([]);
    expect(client.pending).toBe(0);
  });

  it('while its push is underway is published to the workers, and not pushed again', async () => {
    const { client, first, settle } = newClient();
    const subscription = client.send('a').subscribe();
    await settle();
    subscription.unsubscribe();
    await settle();
    expect(cancelled(first)).toEqual(pushed(first));
    first.commands.next(pushJobs).lose();
    await settle();
    expect(pushed(first)).toHaveLength(1);
  });

  it('while it waits for another push is published, because the first push may have arrived', async () => {
    const { client, first, settle } = newClient();
    const subscription = client.send('a').subscribe();
    await settle();
    const [id] = pushed(first);
    first.disconnect();
    await settle();
    subscription.unsubscribe();
    first.reconnect();
    await settle();
    expect(pushed(first)).toHaveLength(1);
    expect(cancelled(first)).toEqual([id]);
  });

  it('by its signal ends with the abort reason', async () => {
    const { client, first, settle } = newClient();
    const abort = new AbortController();
    const failure = failureOf(client.send('a', null, { signal: abort.signal }));
    await settle();
    abort.abort(new Error('enough'));
    expect(await failure).toMatchObject({ message: 'enough' });
    await settle();
    expect(cancelled(first)).toEqual(pushed(first));
  });
});

describe('a reply', () => {
  it('that arrives before the answer to the push ends the request: a lost push is not repeated', async () => {
    const { client, first, settle } = newClient();
    const replied = client.request('a');
    await settle();
    await reply(first, pushed(first)[0], '7');
    expect(await replied).toBe(7);
    first.commands.next(pushJobs).lose();
    await settle();
    expect(pushed(first)).toHaveLength(1);
    expect(cancelled(first)).toEqual([]);
  });
});

describe('a request that times out', () => {
  it('is cancelled, and its error describes the queue', async () => {
    const { client, first, settle } = newClient();
    const failure = failureOf(client.send('a', null, { timeout: 1_000 }));
    await settle();
    await takePush(first);
    await first.runtime.advanceAsync(1_000);
    expect(cancelled(first)).toEqual(pushed(first));
    first.commands.next(inspectQueue).answer({ workers: 0, queueLength: 3, age: 0 });
    expect(await failure).toMatchObject({
      code: 'REQUEST_TIMEOUT',
      limit: 'timeout',
      workers: 0,
      queueLength: 3,
    });
  });

  it('does not wait long for the state of the queue', async () => {
    const { client, first, settle } = newClient();
    const failure = failureOf(client.send('a', null, { timeout: 1_000 }));
    await settle();
    await first.runtime.advanceAsync(1_500);
    expect(await failure).toMatchObject({ code: 'REQUEST_TIMEOUT', workers: undefined });
  });
});

describe('shards', () => {
  it('get the jobs of their own queues, with their own keys, and are all read', async () => {
    const { client, first, second, settle } = newClient();
    const replies = [client.request('a'), client.request('b')];
    await settle();
    expect(first.commands.inputsOf(pushJobs).map(({ requests }) => requests)).toEqual([
      'first:arequests',
    ]);
    expect(second.commands.inputsOf(pushJobs).map(({ requests }) => requests)).toEqual([
      'second:brequests',
    ]);
    await reply(second, pushed(second)[0], '"b"');
    await reply(first, pushed(first)[0], '"a"');
    expect(await Promise.all(replies)).toEqual(['a', 'b']);
  });

  it('are opened only if they are used', async () => {
    const { client, first, second, settle } = newClient();
    const ends = [failureOf(client.send('a')), failureOf(client.send('a'))];
    await settle();
    expect(first.blockingLines).toHaveLength(1);
    expect(second.blockingLines).toEqual([]);
    const closed = client.close();
    await first.runtime.advanceAsync(1_000);
    await closed;
    await Promise.all(ends);
    expect(first.commands.calls(deleteKey)).toHaveLength(1);
    expect(second.commands.asked).toEqual([]);
  });

  it('that are unreachable do not delay others', async () => {
    const { client, first, second, settle } = newClient();
    first.disconnect();
    client.send('a').subscribe();
    const replied = client.request('b');
    await settle();
    expect(pushed(first)).toEqual([]);
    await reply(second, pushed(second)[0], '1');
    expect(await replied).toBe(1);
    expect(client.pending).toBe(1);
  });

  it('get cancellations of their own jobs only', async () => {
    const { client, first, second, settle } = newClient();
    const subscription = client.send('b').subscribe();
    client.send('a').subscribe();
    await settle();
    subscription.unsubscribe();
    await settle();
    expect(cancelled(second)).toEqual(pushed(second));
    expect(cancelled(first)).toEqual([]);
  });

  it('share the limits of pending requests, emits and bytes', async () => {
    const { client, second, settle } = newClient({ maxPending: 3, maxPendingBytes: 1_500 });
    const data = 'x'.repeat(600);
    client.send('a', data).subscribe();
    client.emit('b', data);
    expect(await failureOf(client.send('a', data))).toMatchObject({ limit: 'maxPendingBytes' });
    expect(await failureOf(client.emit('b', data))).toMatchObject({ limit: 'maxPendingBytes' });
    client.emit('a');
    expect(await failureOf(client.send('b'))).toMatchObject({ limit: 'maxPending' });
    expect(await failureOf(client.emit('b'))).toMatchObject({ limit: 'maxPending' });
    await settle();
    await takePush(second);
    const receipt = firstValueFrom(client.emit('b', data));
    expect(await failureOf(client.emit('b'))).toMatchObject({ limit: 'maxPending' });
    await settle();
    await takePush(second);
    expect(await receipt).toMatchObject({ queue: 'b' });
  });

  it('have one combined state, which is `ready` only if all open ones are', async () => {
    const { client, first, second } = newClient();
    const states: ConnectionState[] = [];
    let isComplete = false;
    client.status$.subscribe({
      next: (state) => states.push(state),
      complete: () => (isComplete = true),
    });
    second.disconnect();
    first.disconnect();
    second.reconnect();
    first.reconnect();
    expect(states).toEqual(['ready', 'reconnecting', 'ready']);
    first.close();
    expect(isComplete).toBe(false);
    second.close();
    expect(states.at(-1)).toBe('closed');
    expect(isComplete).toBe(true);
  });

  it('count the discarded replies together', async () => {
    const { client, first, second, settle } = newClient();
    client.send('a').subscribe();
    client.send('b').subscribe();
    await settle();
    await reply(first, 'unknown', '1');
    await reply(second, 'unknown', '1');
    expect(client.droppedReplies).toBe(2);
  });
});

describe('close', () => {
  it('fails all requests at once, and pushes emitted jobs to every shard', async () => {
    const { client, first, second, settle } = newClient();
    const failures = [failureOf(client.send('a')), failureOf(client.send('b'))];
    const receipts: unknown[] = [];
    client.emit('a').subscribe((receipt) => receipts.push(receipt));
    client.emit('b').subscribe((receipt) => receipts.push(receipt));
    const closed = client.close();
    expect(await Promise.all(failures)).toMatchObject([
      { code: 'CLIENT_CLOSED' },
      { code: 'CLIENT_CLOSED' },
    ]);
    await settle();
    // The requests of this turn never left, and nobody has to be told of them.
    expect([pushed(first).length, pushed(second).length]).toEqual([1, 1]);
    expect([cancelled(first), cancelled(second)]).toEqual([[], []]);
    await takePush(first);
    await takePush(second);
    await first.runtime.advanceAsync(25);
    await closed;
    expect(receipts).toMatchObject([{ queue: 'a' }, { queue: 'b' }]);
    expect(await failureOf(client.send('a'))).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(first.runtime.pending).toBe(0);
  });

  it('waits for all shards at the same time', async () => {
    const { client, first, second } = newClient();
    first.disconnect();
    second.disconnect();
    const failures = [failureOf(client.emit('a')), failureOf(client.emit('b'))];
    const closed = client.close();
    await first.runtime.advanceAsync(500);
    await closed;
    expect(await Promise.all(failures)).toMatchObject([
      { code: 'CLIENT_CLOSED' },
      { code: 'CLIENT_CLOSED' },
    ]);
  });

  it('fails jobs that one shard does not confirm, and waits for a limited time', async () => {
    const { client, first, second, settle } = newClient();
    first.disconnect();
    const away = failureOf(client.emit('a'));
    const receipt = new Promise((resolve) => client.emit('b').subscribe(resolve));
    const closed = client.close();
    await settle();
    await takePush(second);
    expect(await receipt).toMatchObject({ queue: 'b' });
    await first.runtime.advanceAsync(500);
    await closed;
    expect(await away).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('may be called by a subscriber that it notifies, and twice', async () => {
    const { client, first, settle } = newClient();
    const closes: Promise<void>[] = [];
    client.send('a').subscribe({ error: () => closes.push(client.close()) });
    closes.push(client.close(), client.close());
    await settle();
    await Promise.all(closes);
    expect(closes).toHaveLength(3);
    expect(first.commands.calls(deleteKey)).toHaveLength(1);
  });
});

it('the methods that send are methods of the prototype, as others are: replaceable, and not listed', () => {
  for (const name of ['send', 'request', 'emit', 'close'] as const) {
    const method = Object.getOwnPropertyDescriptor(RequestClient.prototype, name);
    expect(method, name).toMatchObject({ writable: true, configurable: true, enumerable: false });
  }
});
