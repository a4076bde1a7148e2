import { beforeEach, describe, expect, it } from 'vitest';
import { Arrivals } from '../../../lib/worker/taking/arrivals.js';

let arrivals: Arrivals;

beforeEach(() => {
  arrivals = new Arrivals();
});

/** A job was waited for, and when it was settled there were no others. */
function comeAlone(): void {
  arrivals.waitedFor(true);
  arrivals.taken(0, 8);
}

describe('jobs that come one by one', () => {
  it('are not expected at first', () => {
    expect(arrivals.areSingle()).toBe(false);
  });

  it('are expected once one came alone', () => {
    comeAlone();
    expect(arrivals.areSingle()).toBe(true);
  });

  it('are not expected at the end of many', () => {
    arrivals.waitedFor(true);
    arrivals.taken(5, 8);
    arrivals.taken(0, 8);
    expect(arrivals.areSingle()).toBe(false);
  });

  it('are not expected any more once there were others', () => {
    comeAlone();
    arrivals.taken(1, 8);
    expect(arrivals.areSingle()).toBe(false);
  });

  it('are expected as long as no two in a row were there already', () => {
    comeAlone();
    for (const wasReady of [true, false, true]) {
      arrivals.followed(wasReady);
      expect(arrivals.areSingle()).toBe(true);
    }
    arrivals.followed(true);
    expect(arrivals.areSingle()).toBe(false);
  });

  it('are not expected where nothing is known', () => {
    comeAlone();
    arrivals.forget();
    expect(arrivals.areSingle()).toBe(false);
  });
});

it('there are more where there were as many as were asked for', () => {
  arrivals.taken(8, 8);
  expect(arrivals.areMore).toBe(true);
  arrivals.taken(7, 8);
  expect(arrivals.areMore).toBe(false);
  arrivals.waitedFor(true);
  expect(arrivals.areMore).toBe(true);
  arrivals.waitedFor(false);
  expect(arrivals.areMore).toBe(false);
});
