import { beforeEach, describe, expect, it } from 'vitest';
import { ArrivalPattern } from '../../../lib/worker/taking/arrival-pattern.js';

let arrivals: ArrivalPattern;

beforeEach(() => {
  arrivals = new ArrivalPattern();
});

/** A job was waited for, and when it was settled there were no others. */
function comeAlone(): void {
  arrivals.waitEnded(true);
  arrivals.tookWithoutWait(0, 8);
}

describe('jobs that come one by one', () => {
  it('are not expected at first', () => {
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are expected once one came alone', () => {
    comeAlone();
    expect(arrivals.isOneByOne()).toBe(true);
  });

  it('are not expected at the end of many', () => {
    arrivals.waitEnded(true);
    arrivals.tookWithoutWait(5, 8);
    arrivals.tookWithoutWait(0, 8);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are not expected any more once there were others', () => {
    comeAlone();
    arrivals.tookWithoutWait(1, 8);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are expected as long as no two in a row were there already', () => {
    comeAlone();
    for (const wasReady of [true, false, true]) {
      arrivals.nextWasReady(wasReady);
      expect(arrivals.isOneByOne()).toBe(true);
    }
    arrivals.nextWasReady(true);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are not expected where nothing is known', () => {
    comeAlone();
    arrivals.forget();
    expect(arrivals.isOneByOne()).toBe(false);
  });
});

it('there are more where there were as many as were asked for', () => {
  arrivals.tookWithoutWait(8, 8);
  expect(arrivals.isBacklogged).toBe(true);
  arrivals.tookWithoutWait(7, 8);
  expect(arrivals.isBacklogged).toBe(false);
  arrivals.waitEnded(true);
  expect(arrivals.isBacklogged).toBe(true);
  arrivals.waitEnded(false);
  expect(arrivals.isBacklogged).toBe(false);
});
