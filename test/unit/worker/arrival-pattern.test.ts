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

describe('jobs that arrive one by one', () => {
  it('are not expected before the first job', () => {
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are expected after a job that arrived alone', () => {
    comeAlone();
    expect(arrivals.isOneByOne()).toBe(true);
  });

  it('are not expected when the last of many jobs was taken', () => {
    arrivals.waitEnded(true);
    arrivals.tookWithoutWait(5, 8);
    arrivals.tookWithoutWait(0, 8);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are no longer expected after jobs that arrived together', () => {
    comeAlone();
    arrivals.tookWithoutWait(1, 8);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are expected until two jobs in a row were in the queue before the wait', () => {
    comeAlone();
    for (const wasReady of [true, false, true]) {
      arrivals.nextWasReady(wasReady);
      expect(arrivals.isOneByOne()).toBe(true);
    }
    arrivals.nextWasReady(true);
    expect(arrivals.isOneByOne()).toBe(false);
  });

  it('are not expected when the pattern was forgotten', () => {
    comeAlone();
    arrivals.forget();
    expect(arrivals.isOneByOne()).toBe(false);
  });
});

it('more jobs are expected after a take that was full', () => {
  arrivals.tookWithoutWait(8, 8);
  expect(arrivals.isBacklogged).toBe(true);
  arrivals.tookWithoutWait(7, 8);
  expect(arrivals.isBacklogged).toBe(false);
  arrivals.waitEnded(true);
  expect(arrivals.isBacklogged).toBe(true);
  arrivals.waitEnded(false);
  expect(arrivals.isBacklogged).toBe(false);
});
