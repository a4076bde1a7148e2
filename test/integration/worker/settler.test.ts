import { expect, it, onTestFinished } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { Settler } from '../../../lib/worker/settling/settler.js';
import { Slots, type JobPlace, type Slot } from '../../../lib/worker/taking/slots.js';
import type { Take } from '../../../lib/worker/taking/intake.js';
import type { Outcome, SettledQueue } from '../../../lib/worker/settling/outcome.js';
import { commandCalls } from '../../support/command-calls.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis();

/** A settler, and a queue of whose jobs it is told. */
async function newSettler() {
  const log = new KeptLog();
  const connections = new Connections(connectionSource(redis.url), 'test', log);
  onTestFinished(() => connections.close());
  await connections.ready();
  const settler = new Settler(connections, log, () => Promise.resolve());
  const name = randomQueue();
  const keys = new Keys().queue(name);
  const slots = new Slots(keys, 'worker-1', 8);
  const released: Outcome[] = [];
  const taken: (readonly string[])[] = [];
  const effects = {
    onReleased: (outcome: Outcome): void => void released.push(outcome),
    onTaken: (_take: Take, jobs: readonly string[]): void => void taken.push(jobs),
    onSettled: (): void => undefined,
  };
  const takes: Take[] = [];
  const queue: SettledQueue = {
    name,
    requests: keys.requests,
    wantsJobs: () => false,
    settleAndWait: () => Promise.reject(new Error('Not asked for')),
    decideNext: () => ({ kind: 'take', takes: takes.splice(0) }),
    onTaken: (take, jobs) => effects.onTaken(take, jobs),
    onUnanswered: () => undefined,
    onReleased: (outcome) => effects.onReleased(outcome),
    onSettled: () => effects.onSettled(),
  };
  /** Jobs that lie together in a slot. */
  const hold = async (count: number): Promise<JobPlace[]> => {
    const slot = slots.take() as Slot;
    await redis.look.rpush(slot.key, ...Array.from({ length: count }, (_, index) => `${index}`));
    return slot.fill(count);
  };
  const reply = (list: string, frame = 'reply') => ({
    list: `${name}replies:${list}`,
    frame,
    deadline: undefined,
  });
  const framesOf = (list: string): Promise<string[]> =>
    redis.look.lrange(`${name}replies:${list}`, 0, -1);
  return {
    settler,
    queue,
    keys,
    slots,
    hold,
    reply,
    framesOf,
    effects,
    released,
    taken,
    takes,
    log,
  };
}

/** Writes are refused until the returned function is called. */
async function refuseWrites(): Promise<() => Promise<void>> {
  await redis.look.config('SET', 'min-replicas-to-write', '1');
  const allow = async (): Promise<void> => {
    await redis.look.config('SET', 'min-replicas-to-write', '0');
  };
  onTestFinished(allow);
  return allow;
}

it.each([
  ['short', 10],
  ['long', 100_000],
])('keeps %s replies that Redis refuses for now, together and with one line', async (_, length) => {
  const { settler, queue, hold, reply, framesOf, released, log } = await newSettler();
  const allow = await refuseWrites();
  const places = [...(await holdAnyway(hold, 3)), ...(await holdAnyway(hold, 2))];
  await redis.look.config('RESETSTAT');
  const frame = 'x'.repeat(length);
  for (const place of places) {
    settler.add(queue, { place, reply: reply('one', frame) });
  }
  const command = length > 10 ? 'multi' : 'evalsha';
  await waitFor(async () => (await commandCalls(redis.look, command)) >= 3);
  // Never one for each of them.
  expect(await commandCalls(redis.look, command)).toBeLessThan(5);
  expect(settler.isSettling(queue)).toBe(true);
  expect(released).toEqual([]);
  expect(log.errors).toHaveLength(1);
  expect(log.errors[0]).toContain('NOREPLICAS');
  await allow();
  await waitFor(() => released.length === 5, 3_000);
  expect(await framesOf('one')).toEqual(Array.from({ length: 5 }, () => frame));
  expect(settler.isSettling(queue)).toBe(false);
  expect(log.errors).toHaveLength(1);
  expect(log.infos).toEqual(['Redis accepts replies again']);
});

/** Puts jobs into a slot of a server that refuses writes. */
async function holdAnyway(
  hold: (count: number) => Promise<JobPlace[]>,
  count: number,
): Promise<JobPlace[]> {
  await redis.look.config('SET', 'min-replicas-to-write', '0');
  const places = await hold(count);
  await redis.look.config('SET', 'min-replicas-to-write', '1');
  return places;
}

it('keeps a reply that meets a server which has become a replica, until it is none', async () => {
  const { settler, queue, hold, reply, framesOf, released, log } = await newSettler();
  const places = await hold(2);
  await redis.look.replicaof('127.0.0.1', '1');
  onTestFinished(async () => {
    await redis.look.replicaof('NO', 'ONE');
  });
  for (const place of places) {
    settler.add(queue, { place, reply: reply('one') });
  }
  await waitFor(() => log.errors.length > 0);
  expect(log.errors[0]).toContain('READONLY');
  await redis.look.replicaof('NO', 'ONE');
  await waitFor(() => released.length === 2, 5_000);
  expect(await framesOf('one')).toEqual(['reply', 'reply']);
});

it('drops a reply whose list is none, with one line, and settles the others', async () => {
  const { settler, queue, hold, reply, framesOf, released, log } = await newSettler();
  const places = await hold(4);
  const odd = reply('odd');
  await redis.look.set(odd.list, 'no list');
  places.forEach((place, index) => {
    settler.add(queue, { place, reply: index === 1 ? odd : reply('one', `${index}`) });
  });
  await waitFor(() => released.length === 4, 3_000);
  expect((await framesOf('one')).toSorted()).toEqual(['0', '2', '3']);
  expect(log.errors).toEqual([
    expect.stringMatching(new RegExp(`"${odd.list}" .*; discarding the reply`)),
  ]);
  expect(await redis.look.exists(places[0]?.key ?? '')).toBe(0);
});

it('settles on a server without memory, long replies and long jobs as well', async () => {
  const { settler, queue, keys, slots, hold, reply, framesOf, released, taken, takes, log } =
    await newSettler();
  const places = await hold(2);
  const job = 'j'.repeat(100_000);
  await redis.look.rpush(keys.requests, job, job);
  takes.push({ slot: slots.take() as Slot, most: 1, isLong: true });
  await redis.look.config('SET', 'maxmemory', '1');
  onTestFinished(async () => {
    await redis.look.config('SET', 'maxmemory', '0');
  });
  const frame = 'f'.repeat(100_000);
  for (const place of places) {
    settler.add(queue, { place, reply: reply('one', frame) });
  }
  await waitFor(() => released.length === 2, 3_000);
  expect(await framesOf('one')).toEqual([frame, frame]);
  expect(taken).toEqual([[job]]);
  expect(log.errors).toEqual([]);
});
