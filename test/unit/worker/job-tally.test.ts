import { expect, it } from 'vitest';
import { countsAbove, JobTally } from '../../../lib/worker/settling/job-tally.js';

it('tells nothing before the first job', () => {
  expect(new JobTally().counts).toEqual({});
});

it('tells only what is not 0', () => {
  const tally = new JobTally();
  tally.add('done');
  tally.add('done');
  tally.ran(3);
  tally.ran(0.2);
  tally.waited(0.3);
  tally.waited(-4);
  expect(tally.counts).toEqual({ done: 2, runMs: 3, runTo1: 1, runTo10: 1, waitTo1: 2 });
});

it('a bound belongs to its bucket, and the last bucket has none', () => {
  const tally = new JobTally();
  [1, 1.5, 30_000, 30_001].forEach((duration) => tally.ran(duration));
  expect(tally.counts).toEqual({
    runMs: 60_004, // 60 003.5, rounded
    runTo1: 1,
    runTo10: 1,
    runTo30000: 1,
    runLonger: 1,
  });
});

it('a count that is no higher than before is told as 0, because the server may hold another one', () => {
  expect(countsAbove({ done: 5, failed: 2 }, { done: 3, failed: 2 })).toEqual({
    done: 2,
    failed: 0,
  });
});
