import { expect, it } from 'vitest';
import { CancelledJobs } from '../../../lib/worker/running/cancelled-jobs.js';

it('a cancelled job is reported once', () => {
  const jobs = new CancelledJobs();
  jobs.add('job-1');
  expect([jobs.take('job-2'), jobs.take('job-1'), jobs.take('job-1')]).toEqual([
    false,
    true,
    false,
  ]);
});

it('the oldest ids are forgotten when there are too many', () => {
  const jobs = new CancelledJobs();
  for (let index = 0; index <= 10_000; index++) {
    jobs.add(`job-${index}`);
  }
  expect([jobs.take('job-0'), jobs.take('job-1'), jobs.take('job-10000')]).toEqual([
    false,
    true,
    true,
  ]);
});
