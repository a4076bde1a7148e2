import { beforeEach, describe, expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { RunLimit } from '../../../lib/worker/taking/run-limit.js';
import { Intake, type IntakeOwner, type Take } from '../../../lib/worker/taking/intake.js';
import { JobPlace, Slot } from '../../../lib/worker/taking/slots.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

const somewhere = new JobPlace(new Slot(0, 'slot'), 0);

/** An intake, with the jobs that it began and gave back. */
function newIntake(limit: number | RunLimit, onStart: (intake: Intake) => void = () => undefined) {
  const runLimit = typeof limit === 'number' ? new RunLimit(limit) : limit;
  const started: string[] = [];
  const places: JobPlace[] = [];
  const givenBack: JobPlace[][] = [];
  const notStarted: JobPlace[] = [];
  let rooms = 0;
  const owner: IntakeOwner = {
    startJob: (place, element) => {
      started.push(element);
      places.push(place);
      intake.runStarted();
      onStart(intake);
    },
    giveBack: async (given) => {
      givenBack.push([...given]);
    },
    onRoom: () => rooms++,
    onEmptied: (slot) => intake.freeSlot(slot),
    suspicionOf: () => 'suspect',
    jobNotStarted: (place) => notStarted.push(place),
    runningPlaces: () => places,
    interruptWait: () => undefined,
  };
  const keys = new Keys().queue('reports');
  const intake: Intake = new Intake(keys, 'worker-1', runLimit, owner, runtime);
  const ask = (count: number): Take => intake.take(count) as Take;
  const take = (count: number): void => {
    const asked = ask(count);
    intake.arrived(
      asked,
      Array.from({ length: asked.most }, (_, index) => `job-${index}`),
    );
  };
  return { intake, started, places, givenBack, notStarted, ask, take, rooms: () => rooms };
}

/** Makes it known that the runs of a handler are quick. */
function beQuick(intake: Intake): void {
  for (let run = 0; run < 200; run++) {
    intake.runStarted();
    intake.runEnded(somewhere, 0.01);
  }
}

describe('an intake', () => {
  it('has room for as many jobs as may run, counting jobs that are being taken', () => {
    const { intake, ask } = newIntake(2);
    expect(intake.room).toBe(2);
    const both = ask(5);
    expect(both.most).toBe(2);
    expect([intake.room, intake.take(1)]).toEqual([0, undefined]);
    intake.arrived(both, ['job']);
    expect(intake.room).toBe(1);
    const other = ask(1);
    expect(intake.room).toBe(0);
    intake.arrived(other, []);
    expect(intake.room).toBe(1);
  });

  it('takes fewer jobs at a time the longer they are', () => {
    const { intake, ask } = newIntake(500);
    intake.arrived(ask(1), ['x'.repeat(10 * 1024)]);
    const ofSomeLength = ask(500);
    expect(ofSomeLength.isLong).toBe(false);
    expect(ofSomeLength.most).toBeGreaterThan(1);
    expect(ofSomeLength.most).toBeLessThan(500);
    intake.arrived(ask(1), ['x'.repeat(100 * 1024)]);
    expect(ask(500)).toMatchObject({ most: 1, isLong: true });
    intake.arrived(ask(1), []);
    expect(ask(500)).toMatchObject({ most: 1, isLong: true });
    intake.arrived(ask(1), ['short']);
    expect(ask(200)).toMatchObject({ most: 200, isLong: false });
  });

  it('takes long jobs together into a slot each, and fewer the longer they are', () => {
    const { intake, ask } = newIntake(6);
    const takes = (): number[] => intake.takes(500).map(({ most }) => most);
    intake.arrived(ask(1), ['x'.repeat(100 * 1024)]);
    expect(takes()).toEqual([1, 1, 1]);
    // One runs, and six is the most.
    expect(takes()).toEqual([1, 1]);
    const { intake: other, ask: askOther } = newIntake(6);
    other.arrived(askOther(1), ['x'.repeat(1200 * 1024)]);
    expect(other.takes(500)).toHaveLength(2);
  });

  it('takes short jobs together into one slot', () => {
    const { intake, ask } = newIntake(6);
    intake.arrived(ask(1), ['short']);
    expect(intake.takes(500).map(({ most }) => most)).toEqual([5]);
    expect(intake.takes(500)).toEqual([]);
  });

  it('takes fewer jobs at a time after each take without an answer, down to one, and more again after answers', () => {
    const { intake, ask, places } = newIntake(500);
    const long = 'x'.repeat(50 * 1024);
    const next = (): number => {
      const asked = ask(500);
      intake.arrived(
        asked,
        Array.from({ length: asked.most }, () => long),
      );
      while (intake.running > 0) {
        intake.runEnded(somewhere, 1_000);
      }
      places.splice(0).forEach((place) => intake.release(place));
      return asked.most;
    };
    const lose = (): number => {
      const asked = ask(500);
      intake.unanswered(asked);
      intake.arrived(asked, []);
      return next();
    };
    intake.arrived(ask(1), [long]);
    intake.runEnded(somewhere, 1_000);
    const most = next();
    expect(most).toBeGreaterThan(8);
    const fewer = [most, ...Array.from({ length: 8 }, lose)];
    expect(fewer).toEqual(fewer.toSorted((one, other) => other - one));
    expect(fewer[1]).toBeLessThan(most);
    expect(fewer.at(-1)).toBe(1);
    const more = Array.from({ length: 100 }, next);
    expect(more.at(-1)).toBe(most);
  });

  it('notifies its owner when there is room again', () => {
    const { intake, take, rooms } = newIntake(1);
    take(1);
    expect([intake.room, rooms()]).toEqual([0, 0]);
    intake.runEnded(somewhere, 1_000);
    expect([intake.room, rooms()]).toEqual([1, 1]);
  });

  it('has an empty slot for the next jobs before the last jobs are released', () => {
    const { intake, ask } = newIntake(1);
    const slots = Array.from({ length: 200 }, () => {
      const asked = ask(1);
      intake.arrived(asked, ['job']);
      intake.runEnded(somewhere, 1_000);
      return asked.slot;
    });
    expect(new Set(slots).size).toBe(200);
  });

  it('holds jobs ahead for a quick handler, but runs no more at a time than the concurrency allows', () => {
    const { intake, started, take } = newIntake(2);
    beQuick(intake);
    take(5);
    expect(started).toHaveLength(2);
    intake.runEnded(somewhere, 0.01);
    expect(started).toEqual(['job-0', 'job-1', 'job-2']);
  });

  it('starts jobs that end at once one after the other', () => {
    const { intake, started, take } = newIntake(1, (each) => each.runEnded(somewhere, 0.01));
    beQuick(intake);
    take(100);
    expect(started).toHaveLength(100);
  });

  it('gives back jobs that wait for too long, and holds none ahead until the handler is quick again', async () => {
    const { intake, started, givenBack, take } = newIntake(2);
    beQuick(intake);
    take(5);
    await runtime.advanceAsync(110);
    expect(started).toHaveLength(2);
    expect(givenBack.map((places) => places.map(({ position }) => position))).toEqual([[2, 3, 4]]);
    expect(intake.room).toBe(0);
  });

  it('starts no job once it is closed, and gives back jobs that still arrive', async () => {
    const { intake, started, givenBack, ask } = newIntake(2);
    const asked = ask(2);
    await intake.close();
    expect(intake.room).toBe(0);
    intake.arrived(asked, ['job', 'job']);
    expect([started, givenBack.map((places) => places.length)]).toEqual([[], [2]]);
    intake.open();
    expect(intake.room).toBe(2);
  });

  it('gives back waiting jobs together with jobs that arrive later, in their order', async () => {
    const { intake, givenBack, ask, take } = newIntake(2);
    beQuick(intake);
    take(5);
    const later = ask(3);
    await intake.close();
    expect(givenBack).toEqual([]);
    intake.arrived(later, ['job', 'job']);
    expect(givenBack).toHaveLength(1);
    expect(givenBack[0]?.map(({ position }) => position)).toEqual([2, 3, 4, 0, 1]);
    expect(givenBack[0]?.at(-1)?.slot).toBe(later.slot);
  });

  it('starts the waiting jobs when it is opened again before they were given back', () => {
    const { intake, started, ask, take } = newIntake(2);
    const asked = ask(1);
    void intake.close();
    intake.open();
    intake.arrived(asked, ['held']);
    take(1);
    expect(started).toEqual(['held', 'job-0']);
  });

  it('has no room without an empty slot, and notifies its owner when a slot is free', () => {
    const { intake, places, take, rooms } = newIntake(1);
    for (let slots = 0; slots < intake.slotCount; slots++) {
      expect(intake.room).toBe(1);
      take(1);
      intake.runEnded(somewhere, 1_000);
    }
    expect(intake.room).toBe(0);
    const [place] = places as [JobPlace];
    place.beginRelease();
    const before = rooms();
    intake.release(place);
    expect([intake.room, rooms()]).toEqual([1, before + 1]);
  });

  it('uses a slot again when all of its jobs were released', () => {
    const { intake, places, ask, take } = newIntake(2);
    take(2);
    const [first, second] = places as [JobPlace, JobPlace];
    first.beginRelease();
    second.beginRelease();
    intake.runEnded(somewhere, 1_000);
    intake.release(first);
    intake.runEnded(somewhere, 1_000);
    const others = Array.from({ length: intake.slotCount - 1 }, () => {
      const asked = ask(1);
      intake.writeOff(asked);
      return asked.slot;
    });
    expect(new Set([first.slot, ...others]).size).toBe(intake.slotCount);
    intake.release(second);
    expect(ask(1).slot).toBe(first.slot);
  });

  it('goes on after a job that cannot be started', () => {
    const { intake, started, notStarted, take } = newIntake(4, () => {
      if (started.length !== 2) {
        throw new Error('not this one');
      }
    });
    take(3);
    expect(started).toEqual(['job-0', 'job-1', 'job-2']);
    expect(notStarted.map(({ position }) => position)).toEqual([0, 2]);
    take(1);
    expect([started.length, intake.room]).toEqual([4, 0]);
  });
});

describe('intakes that share a limit of runs, as those of a hot queue', () => {
  /** Two intakes that may run two jobs together. */
  const newPair = () => {
    const limit = new RunLimit(2);
    return [newIntake(limit), newIntake(limit)] as const;
  };

  it('have no room while the others run as many jobs as may run', () => {
    const [first, second] = newPair();
    first.take(2);
    expect([first.intake.room, second.intake.room]).toEqual([0, 0]);
    first.intake.runEnded(somewhere, 100);
    expect([first.intake.room, second.intake.room]).toEqual([1, 1]);
    expect(second.rooms()).toBe(1);
  });

  it('start no more jobs together than may run, and start the next one when any run has ended', () => {
    const [first, second] = newPair();
    const early = second.ask(2);
    first.take(2);
    second.intake.arrived(early, ['a', 'b']);
    expect(second.started).toEqual([]);
    first.intake.runEnded(somewhere, 100);
    expect(second.started).toEqual(['a']);
  });

  it('give back jobs that wait for too long behind those of the others', async () => {
    const [first, second] = newPair();
    const early = second.ask(1);
    first.take(2);
    second.intake.arrived(early, ['a']);
    await runtime.advanceAsync(100);
    expect(second.givenBack).toHaveLength(1);
    expect(second.intake.running).toBe(0);
  });

  it('let each shard have its turn', () => {
    const [first, second] = newPair();
    const [earlyFirst, earlySecond] = [first.ask(2), second.ask(2)];
    first.intake.arrived(earlyFirst, ['a', 'b']);
    second.intake.arrived(earlySecond, ['c', 'd']);
    first.intake.runEnded(somewhere, 1);
    first.intake.runEnded(somewhere, 1);
    expect(second.started).toEqual(['c', 'd']);
    expect(first.intake.running + second.intake.running).toBe(2);
  });
});
