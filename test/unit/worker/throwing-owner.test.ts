import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { JobFetcher } from '../../../lib/worker/taking/job-fetcher.js';
import { Slots } from '../../../lib/worker/taking/slots.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';

it.each([
  ['an error', new Error('odd')],
  ['nothing at all', undefined],
  ['what looks like a refusal', Object.assign(new Error('OOM odd'), { name: 'ReplyError' })],
])(
  'a fetcher whose owner throws %s goes on, takes nothing twice and says so once',
  async (_, thrown) => {
    const driver = new FakeDriver();
    const keys = new Keys().queue('reports');
    const log = new KeptLog(driver.runtime);
    const slots = new Slots(keys, 'worker-1', 64);
    const taken: string[] = [];
    const fetcher = new JobFetcher(driver, 'reports', keys, log, {
      wantsFetch: () => true,
      take: (most) => {
        const slot = slots.take();
        return slot && { slot, most: Math.min(most, 3), isLong: false };
      },
      onFetched: (_take, jobs) => {
        taken.push(...jobs);
        throw thrown;
      },
      onFetchUnanswered: () => {
        throw thrown;
      },
      onConnected: () => Promise.resolve(),
    });
    fetcher.start();
    await driver.settle();
    const line = driver.line('reports');
    line.next(waitForJob).answer(['job-1']);
    await driver.settle();
    line.next(takeJobs).answer(['job-2', 'job-3']);
    await driver.settle();
    line.break();
    await driver.settle();
    line.mend();
    await driver.settle();
    line.next(readList).answer(['job-4']);
    await driver.settle();
    expect(line.open.map(({ name }) => name)).toEqual([waitForJob.name]);
    expect(taken).toEqual(['job-1', 'job-2', 'job-3', 'job-4']);
    expect(log.errors).toEqual([
      expect.stringContaining('Unexpected error after taking jobs from queue "reports"'),
    ]);
  },
);
