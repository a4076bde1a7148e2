import { beforeEach, describe, expect, it } from 'vitest';
import { Isolation, suspicionOf } from '../../../lib/worker/taking/isolation.js';
import { JobPlace, Slot } from '../../../lib/worker/taking/slots.js';
import type { JobHandler } from '../../../lib/worker/worker-options.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

let runtime: VirtualRuntime;
let changes: number;
let running: JobPlace[];
let isolation: Isolation;

beforeEach(() => {
  runtime = new VirtualRuntime();
  changes = 0;
  running = [];
  isolation = new Isolation(
    () => running,
    () => changes++,
    runtime,
  );
});

function newPlace(): JobPlace {
  return new JobPlace(new Slot(0, 'slot'), 0);
}

/** A suspect that runs alone. */
function runAlone(suspicion: 'suspect' | 'last chance'): JobPlace {
  const place = newPlace();
  isolation.claim(place);
  isolation.started(suspicion);
  return place;
}

describe('a suspect', () => {
  it('keeps other jobs from starting from its turn until its end', () => {
    const place = newPlace();
    expect(isolation.claim(place)).toBe(true);
    expect([isolation.isActive, isolation.maxRequested]).toEqual([true, 0]);
    isolation.started('suspect');
    expect(isolation.isActive).toBe(true);
    isolation.ended(newPlace());
    expect(isolation.isActive).toBe(true);
    isolation.ended(place);
    expect(isolation.isActive).toBe(false);
  });

  it('is alone when no other job is in a slot', () => {
    isolation.claim(newPlace());
    expect([isolation.isAlone(0, 'suspect'), isolation.isAlone(1, 'suspect')]).toEqual([
      true,
      false,
    ]);
  });

  it('waits while another suspect is alone', () => {
    runAlone('suspect');
    expect(isolation.claim(newPlace())).toBe(false);
  });

  it('is trusted after it has run alone for a second: other jobs may start next to it', async () => {
    const trusted = runAlone('suspect');
    await runtime.advanceAsync(999);
    expect([isolation.isActive, changes]).toEqual([true, 0]);
    await runtime.advanceAsync(1);
    expect([isolation.isActive, changes]).toEqual([false, 1]);
    isolation.claim(newPlace());
    expect(isolation.isAlone(1, 'suspect')).toBe(true);
    expect(isolation.isAlone(2, 'suspect')).toBe(false);
    expect(isolation.isAlone(1, 'last chance')).toBe(false);
    isolation.released(trusted);
    expect(isolation.isAlone(1, 'suspect')).toBe(false);
  });

  it('that has left its slot no longer counts as a trusted job in a slot', async () => {
    const answered = runAlone('suspect');
    isolation.released(answered);
    await runtime.advanceAsync(1_000);
    isolation.claim(newPlace());
    expect(isolation.isAlone(1, 'suspect')).toBe(false);
  });

  it('with its last chance stays alone until it ends, or for half a minute', async () => {
    runAlone('last chance');
    await runtime.advanceAsync(29_999);
    expect(isolation.isActive).toBe(true);
    await runtime.advanceAsync(1);
    expect([isolation.isActive, changes]).toEqual([false, 1]);
  });

  it('waits for half a minute at most, and later suspects do not wait for the same jobs', async () => {
    const hung = newPlace();
    running = [hung];
    const place = newPlace();
    isolation.claim(place);
    await runtime.advanceAsync(29_999);
    expect(isolation.isAlone(1, 'last chance')).toBe(false);
    await runtime.advanceAsync(1);
    expect([isolation.isAlone(1, 'last chance'), changes]).toEqual([true, 1]);
    isolation.started('suspect');
    isolation.ended(place);
    isolation.claim(newPlace());
    expect(isolation.isAlone(1, 'suspect')).toBe(true);
    isolation.released(hung);
    expect(isolation.isAlone(1, 'suspect')).toBe(false);
  });

  it('that is not started after all keeps no job from starting', async () => {
    isolation.claim(newPlace());
    isolation.giveUp();
    expect(isolation.isActive).toBe(false);
    await runtime.advanceAsync(60_000);
    expect(changes).toBe(0);
  });

  it('that runs stays alone when waiting suspects are given up', () => {
    runAlone('suspect');
    isolation.giveUp();
    expect(isolation.isActive).toBe(true);
  });
});

it('one job is taken at a time after a suspect, then more and more', () => {
  const asked = [isolation.maxRequested];
  for (const [count, haveSuspects] of [
    [16, true],
    [0, false],
    [1, false],
    [2, false],
    [4, true],
  ] as const) {
    isolation.arrived(count, haveSuspects);
    asked.push(isolation.maxRequested);
  }
  expect(asked).toEqual([Infinity, 1, 1, 2, 4, 1]);
});

it.each([
  [' ["id",1]', 'suspect'],
  ['  ["id",1]', 'last chance'],
  ['   ["id",1]', 'none'],
  [' ["id",1,{"n":2}]', 'last chance'],
  [' ["id",1,{"n":1}]', 'none'],
  ['    ["id",1,{"n":9}]', 'suspect'],
  [' ["id",1,{"d":1000}]', 'none'],
  [' ["id",1,{"d":1001}]', 'suspect'],
  [' no job', 'none'],
])('job %j is judged: %s', (element, expected) => {
  expect(suspicionOf(element, { maxDeliveries: 3 } as JobHandler, 1_000)).toBe(expected);
});
