import { describe, expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import type { NextJobs, Outcome, SettledQueue } from '../../../lib/worker/settling/outcome.js';
import { Settler } from '../../../lib/worker/settling/settler.js';
import type { Take } from '../../../lib/worker/taking/intake.js';
import { Slots, type JobPlace, type Slot } from '../../../lib/worker/taking/slots.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';

/** A queue that keeps what it is told, and decides what the test says. */
class KeptQueue implements SettledQueue {
  readonly requests: string;
  readonly released: Outcome[] = [];
  readonly taken: (readonly string[])[] = [];
  readonly unanswered: Take[] = [];
  decideNext: SettledQueue['decideNext'] = () => ({ kind: 'none' });
  settleAndWait: SettledQueue['settleAndWait'] = () => Promise.reject(new Error('Not asked for'));
  onReleased = (outcome: Outcome): void => void this.released.push(outcome);
  private readonly slots: Slots;

  constructor(readonly name: string) {
    const keys = new Keys().queue(name);
    this.requests = keys.requests;
    this.slots = new Slots(keys, 'worker-1', 8);
  }

  /** Jobs that are together in a slot. */
  hold(count: number): JobPlace[] {
    return this.freeSlot().fill(count, 'run-1');
  }

  /** Decides once to take so many jobs. */
  takesOnce(most: number): Take {
    const take: Take = { slot: this.freeSlot(), most, isLong: false };
    this.decideNext = () => {
      this.decideNext = () => ({ kind: 'none' });
      return { kind: 'take', takes: [take] };
    };
    return take;
  }

  wantsJobs(): boolean {
    return false;
  }

  onTaken(_take: Take, jobs: readonly string[]): void {
    this.taken.push(jobs);
  }

  onUnanswered(take: Take): void {
    this.unanswered.push(take);
  }

  onSettled(): void {}

  private freeSlot(): Slot {
    const slot = this.slots.take();
    if (!slot) {
      throw new Error('No slot is free');
    }
    return slot;
  }
}

const replyTo = (list: string) => ({ list, frame: 'frame', deadline: undefined });

function newSettler() {
  const driver = new FakeDriver();
  const log = new KeptLog(driver.runtime);
  const announcements: number[] = [];
  const settler = new Settler(driver, log, async () => {
    announcements.push(driver.commands.calls(settleJobs).length);
  });
  const queue = new KeptQueue('reports');
  const line = driver.commands;
  return {
    driver,
    line,
    log,
    settler,
    queue,
    announcements,
    inputs: () => line.inputsOf(settleJobs),
    /** Settles jobs of the queue in one turn. */
    async settle(places: readonly JobPlace[], list = 'replies'): Promise<void> {
      places.forEach((place) => settler.add(queue, { place, reply: replyTo(list) }));
      await driver.settle();
    },
    async answer(
      output: { jobs: string[][] } | { missing: { slots: number[]; places: number[] } },
    ) {
      line.next(settleJobs).answer(output);
      await driver.settle();
    },
    async lose(): Promise<void> {
      line.next(settleJobs).lose();
      await driver.settle();
    },
  };
}

describe('a settle without an answer', () => {
  it('is repeated as possibly carried out, without its takes, which are reported as unanswered once', async () => {
    const { queue, settle, inputs, lose, answer } = newSettler();
    const take = queue.takesOnce(4);
    const places = queue.hold(2);
    await settle(places);
    expect(inputs()[0]).toMatchObject({ isRepeated: false, takes: [{ slot: take.slot.key }] });
    await lose();
    expect(queue.unanswered).toEqual([take]);
    expect(inputs()[1]).toMatchObject({ isRepeated: true, takes: [], slots: [places[0]?.key] });
    await answer({ jobs: [] });
    expect(queue.released.map(({ place }) => place)).toEqual(places);
    expect([queue.taken, queue.unanswered]).toEqual([[], [take]]);
  });

  it('is repeated only after the new connection was announced', async () => {
    const { queue, settle, lose, announcements, inputs } = newSettler();
    await settle(queue.hold(1));
    await lose();
    await lose();
    expect(announcements).toEqual([1, 2]);
    expect(inputs()).toHaveLength(3);
  });

  it('counts jobs that are not in their slots any more as settled, without a warning', async () => {
    const { queue, settle, lose, answer, log } = newSettler();
    await settle(queue.hold(1));
    await lose();
    await answer({ missing: { slots: [0], places: [] } });
    expect(queue.released).toHaveLength(1);
    expect(log.warnings).toEqual([]);
  });

  it('does not take jobs twice when some of its jobs were missing before', async () => {
    const { queue, settle, lose, answer, inputs } = newSettler();
    const take = queue.takesOnce(4);
    const [gone, left] = [queue.hold(1), queue.hold(1)];
    await settle([...gone, ...left]);
    await answer({ missing: { slots: [0], places: [] } });
    expect(inputs()[1]).toMatchObject({ isRepeated: true, takes: [{ slot: take.slot.key }] });
    await lose();
    expect(queue.unanswered).toEqual([take]);
    expect(inputs()[2]).toMatchObject({ isRepeated: true, takes: [] });
    await answer({ jobs: [] });
    expect(queue.released).toHaveLength(2);
  });
});

describe('jobs that are not in their slots', () => {
  it('are over with one warning, and the others are settled without them', async () => {
    const { queue, settle, answer, inputs, log } = newSettler();
    const [gone, left] = [queue.hold(2), queue.hold(1)];
    await settle([...gone, ...left]);
    await answer({ missing: { slots: [0], places: [] } });
    expect(queue.released.map(({ place }) => place)).toEqual(gone);
    expect(log.warnings).toEqual([expect.stringContaining('no longer held 2 jobs of')]);
    expect(inputs()[1]).toMatchObject({ slots: [left[0]?.key], isRepeated: true });
    await answer({ jobs: [] });
    expect(queue.released).toHaveLength(3);
  });

  it('are replied to when a different server answers than the one they were taken from', async () => {
    const { queue, settle, answer, inputs, line, log } = newSettler();
    line.identity = { id: 7, address: '1.2.3.4:5', server: 'run-2' };
    await settle(queue.hold(1));
    await answer({ missing: { slots: [0], places: [] } });
    expect(inputs()[1]).toMatchObject({ slots: [], places: [], groups: [{ list: 'replies' }] });
    expect(queue.released).toEqual([]);
    expect(log.warnings).toEqual([expect.stringContaining('does not hold 1 running job of queue')]);
    await answer({ jobs: [] });
    expect(queue.released).toHaveLength(1);
  });
});

describe('a settle whose answer is lost in a failover', () => {
  it('replies again where the next server does not hold the job, and warns of no loss', async () => {
    const { queue, settle, lose, answer, inputs, line, log } = newSettler();
    await settle(queue.hold(1));
    line.identity = { id: 7, address: '1.2.3.4:5', server: 'run-2' };
    await lose();
    await answer({ missing: { slots: [0], places: [] } });
    expect(inputs()[2]).toMatchObject({ slots: [], places: [], groups: [{ list: 'replies' }] });
    await answer({ jobs: [] });
    expect([queue.released.length, log.warnings]).toEqual([1, []]);
  });
});

describe('a settle that is refused', () => {
  it('temporarily is retried as a whole after a wait, and its slots are free at once', async () => {
    const { driver, queue, settle, line, inputs, answer, log } = newSettler();
    queue.takesOnce(4);
    await settle(queue.hold(3));
    line.next(settleJobs).refuse('NOREPLICAS Not enough good replicas to write.');
    await driver.settle();
    expect(queue.taken).toEqual([[]]);
    expect(inputs()).toHaveLength(1);
    await driver.runtime.advanceAsync(100);
    expect(inputs()[1]).toMatchObject({ slots: [expect.any(String)], takes: [] });
    await answer({ jobs: [] });
    expect(queue.released).toHaveLength(3);
    expect([log.errors.length, log.infos]).toEqual([1, ['Redis accepts replies again']]);
  });

  it('permanently is retried for each job alone, and only the reply to a key that is not a list is discarded', async () => {
    const { driver, queue, settler, line, log } = newSettler();
    line.always(settleJobs, ({ groups }) => {
      if (groups.some(({ list }) => list === 'no list')) {
        throw new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
      }
      return { jobs: [] };
    });
    const places = queue.hold(3);
    places.forEach((place, index) =>
      settler.add(queue, { place, reply: replyTo(index === 1 ? 'no list' : 'replies') }),
    );
    await driver.runtime.advanceAsync(1_000);
    expect(queue.released).toHaveLength(3);
    expect(log.errors).toEqual([expect.stringMatching(/"no list" .*; discarding the reply/)]);
  });
});

describe('how a queue gets its next jobs', () => {
  it('is decided when the call is made, not while Redis is unreachable', async () => {
    const { driver, queue, settle, inputs } = newSettler();
    const asked: NextJobs[] = [];
    const { decideNext } = queue;
    queue.decideNext = (...call) => {
      const decided = decideNext(...call);
      asked.push(decided);
      return decided;
    };
    driver.disconnect();
    await settle(queue.hold(1));
    expect([asked.length, inputs().length]).toEqual([0, 0]);
    driver.reconnect();
    await driver.settle();
    expect([asked.length, inputs().length]).toEqual([1, 1]);
  });

  it('may be a wait in one write with the settle only for a single job', async () => {
    const { queue, settle, answer } = newSettler();
    const offers: boolean[] = [];
    queue.decideNext = (_most, mayWait) => {
      offers.push(mayWait);
      return { kind: 'none' };
    };
    await settle(queue.hold(1));
    await answer({ jobs: [] });
    await settle(queue.hold(2));
    await answer({ jobs: [] });
    await settle(queue.hold(2).slice(1));
    await answer({ jobs: [] });
    await settle([...queue.hold(1), ...queue.hold(1)]);
    expect(offers).toEqual([true, false, false, false]);
  });

  it('is left to the wait once that was sent, whatever happens to the settle', async () => {
    const { driver, queue, settle, inputs, lose, answer } = newSettler();
    const take: Take = { slot: queue.hold(0)[0]?.slot ?? ({} as Slot), most: 1, isLong: false };
    let calls = 0;
    queue.decideNext = () => ({ kind: 'wait', take });
    queue.settleAndWait = async () => {
      calls++;
      throw new Error('The line was lost');
    };
    await settle(queue.hold(1));
    await driver.settle();
    expect(inputs()).toMatchObject([{ isRepeated: true, takes: [] }]);
    await lose();
    expect(calls).toBe(1);
    await answer({ jobs: [] });
    expect([queue.released.length, queue.taken, queue.unanswered]).toEqual([1, [], []]);
  });
});

it('an error of what follows from an answer does not count as an error of the call', async () => {
  const { driver, queue, settle, inputs, answer, log } = newSettler();
  const { onReleased } = queue;
  queue.onReleased = (outcome) => {
    onReleased(outcome);
    throw new Error('odd');
  };
  await settle(queue.hold(2));
  await answer({ jobs: [] });
  await driver.runtime.advanceAsync(5_000);
  expect(inputs()).toHaveLength(1);
  expect(queue.released).toHaveLength(2);
  expect(log.errors).toEqual([
    expect.stringContaining('Unexpected error after settling a job of queue "reports": odd'),
  ]);
});

it('what follows from a take, or from the end of a settle, may throw anything', async () => {
  const { queue, settle, answer, log } = newSettler();
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const { onTaken } = queue;
  queue.onTaken = (take, jobs) => {
    onTaken.call(queue, take, jobs);
    throw revoked;
  };
  queue.onSettled = () => {
    throw undefined;
  };
  queue.takesOnce(2);
  await settle(queue.hold(1));
  await answer({ jobs: [['a', 'b']] });
  expect([queue.taken, queue.released.length, log.errors.length]).toEqual([[['a', 'b']], 1, 1]);
  await settle(queue.hold(1));
  await answer({ jobs: [] });
  expect(queue.released).toHaveLength(2);
});

it('the slot of a take without an answer is read in parts, and a part without an answer is read again', async () => {
  const { driver, settler, queue, line } = newSettler();
  const take: Take = {
    slot: new Slots(new Keys().queue('reports'), 'w', 1).take() as Slot,
    most: 20,
    isLong: false,
  };
  const read = settler.unansweredTakes.read(take, queue.name);
  await driver.settle();
  line.next(readList).answer(Array.from({ length: 8 }, (_, index) => `job-${index}`));
  await driver.settle();
  line.next(readList).lose();
  await driver.runtime.advanceAsync(100);
  const { first } = line.next(readList).input;
  line.next(readList).answer(['job-8']);
  expect(first).toBe(8);
  expect(await read).toHaveLength(9);
});
