import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Intake } from '../../../lib/worker/intake.js';
import type { Slot } from '../../../lib/worker/slots.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** An intake, with the jobs that it began and gave back. */
function newIntake(concurrency: number, onStart: (intake: Intake) => void = () => undefined) {
  const started: string[] = [];
  const givenBack: Slot[][] = [];
  let rooms = 0;
  const intake: Intake = new Intake(new Keys().queue('reports'), 'worker-1', concurrency, {
    start: (_slot, element) => {
      started.push(element);
      intake.began();
      onStart(intake);
    },
    giveBack: async (slots) => {
      givenBack.push([...slots]);
    },
    onRoom: () => rooms++,
  });
  const take = (count: number): void => {
    const slots = intake.nextSlots(count);
    intake.arrived(
      slots,
      slots.map((_, index) => `job-${index}`),
    );
  };
  return { intake, started, givenBack, take, rooms: () => rooms };
}

/** Makes it known that the runs of a handler are quick. */
function beQuick(intake: Intake): void {
  for (let run = 0; run < 200; run++) {
    intake.began();
    intake.ended(0.01);
  }
}

describe('an intake', () => {
  it('has room for as many jobs as may run, counting those that it has asked for', () => {
    const { intake } = newIntake(2);
    expect(intake.room).toBe(2);
    const [first, second] = intake.nextSlots(5) as [Slot, Slot];
    expect([intake.room, intake.nextSlots(1)]).toEqual([0, []]);
    intake.arrived([first], [undefined]);
    expect(intake.room).toBe(1);
    intake.arrived([second], ['job']);
    expect(intake.room).toBe(1);
  });

  it('tells when there is room again', () => {
    const { intake, take, rooms } = newIntake(1);
    take(1);
    expect([intake.room, rooms()]).toEqual([0, 0]);
    intake.ended(1_000);
    expect([intake.room, rooms()]).toEqual([1, 1]);
  });

  it('has empty slots for the next jobs before those of the last are released', () => {
    const { intake, take } = newIntake(200);
    take(200);
    for (let run = 0; run < 200; run++) {
      intake.ended(1_000);
    }
    expect(intake.nextSlots(200)).toHaveLength(200);
  });

  it('of a quick handler lets jobs wait, and runs no more of them at a time than it may', () => {
    const { intake, started, take } = newIntake(2);
    beQuick(intake);
    take(5);
    expect(started).toHaveLength(2);
    intake.ended(0.01);
    expect(started).toEqual(['job-0', 'job-1', 'job-2']);
  });

  it('runs those that end at once one after the other', () => {
    const { intake, started, take } = newIntake(1, (each) => each.ended(0.01));
    beQuick(intake);
    take(100);
    expect(started).toHaveLength(100);
  });

  it('gives back those whose turn does not come, and holds no more until the handler is quick again', async () => {
    const { intake, started, givenBack, take } = newIntake(2);
    beQuick(intake);
    take(5);
    await vi.advanceTimersByTimeAsync(110);
    expect(started).toHaveLength(2);
    expect(givenBack.map((slots) => slots.length)).toEqual([3]);
    expect(intake.room).toBe(0);
  });

  it('begins nothing once it is closed, and gives back what still comes', async () => {
    const { intake, started, givenBack } = newIntake(2);
    const slots = intake.nextSlots(2);
    await intake.close();
    expect(intake.room).toBe(0);
    intake.arrived(slots, ['job', 'job']);
    expect([started, givenBack]).toEqual([[], [slots]]);
    intake.open();
    expect(intake.room).toBe(2);
  });

  it('gives back those that it held in front of those that come later, all together', async () => {
    const { intake, givenBack, take } = newIntake(2);
    beQuick(intake);
    take(5);
    const later = intake.nextSlots(3);
    const closed = intake.close();
    await closed;
    expect(givenBack).toEqual([]);
    intake.arrived(later, ['job', undefined, 'job']);
    expect(givenBack).toHaveLength(1);
    expect(givenBack[0]?.slice(-2)).toEqual([later[0], later[2]]);
    expect(givenBack[0]).toHaveLength(5);
  });

  it('begins with those that it held when it is opened before they were given back', () => {
    const { intake, started, take } = newIntake(2);
    const slots = intake.nextSlots(1);
    void intake.close();
    intake.open();
    intake.arrived(slots, ['held']);
    take(1);
    expect(started).toEqual(['held', 'job-0']);
  });

  it('has no room without an empty slot, and tells when it has one', () => {
    const { intake, rooms } = newIntake(200);
    const slots: Slot[] = [];
    for (let round = 0; round < 2; round++) {
      const next = intake.nextSlots(200);
      intake.arrived(
        next,
        next.map(() => 'job'),
      );
      next.forEach(() => intake.ended(1_000));
      slots.push(...next);
    }
    expect([slots.length, intake.room]).toEqual([400, 0]);
    const before = rooms();
    intake.release(slots[0] as Slot);
    expect([intake.room, rooms()]).toEqual([1, before + 1]);
  });

  it('is not stopped by a job that cannot be begun', () => {
    let isFirst = true;
    const { started, take } = newIntake(2, () => {
      if (isFirst) {
        isFirst = false;
        throw new Error('not this one');
      }
    });
    expect(() => take(1)).toThrow('not this one');
    take(1);
    expect(started).toHaveLength(2);
  });
});
