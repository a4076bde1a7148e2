import { describe, expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { listLength, readList } from '../../../lib/protocol/operations/lists.js';
import { settleJobs, type SettleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import type { Take } from '../../../lib/worker/taking/intake.js';
import { JobFetcher, type FetcherOwner } from '../../../lib/worker/taking/job-fetcher.js';
import { Slots } from '../../../lib/worker/taking/slots.js';
import { FakeDriver } from '../../support/fake-driver.js';
import type { FakeLine } from '../../support/fake-line.js';
import { KeptLog } from '../support/kept-log.js';

const keys = new Keys().queue('reports');

/** A worker that has room for so many jobs at a time, and keeps what it is told. */
class KeptOwner implements FetcherOwner {
  room = 1;
  readonly fetched: (readonly string[])[] = [];
  readonly unanswered: Take[] = [];
  /** What others know of: resolves when the test says so. */
  onConnected: FetcherOwner['onConnected'] = () => Promise.resolve();
  private readonly slots = new Slots(keys, 'worker-1', 16);

  wantsFetch(): boolean {
    return this.room > 0;
  }

  take(most: number): Take | undefined {
    const slot = this.room > 0 ? this.slots.take() : undefined;
    return slot && { slot, most: Math.min(most, this.room), isLong: false };
  }

  onFetched(_take: Take, jobs: readonly string[]): void {
    this.fetched.push(jobs);
  }

  onFetchUnanswered(take: Take): void {
    this.unanswered.push(take);
  }
}

async function startFetcher(owner = new KeptOwner()) {
  const driver = new FakeDriver();
  const log = new KeptLog(driver.runtime);
  const fetcher = new JobFetcher(driver, 'reports', keys, log, owner);
  fetcher.start();
  await driver.settle();
  const line: FakeLine = driver.line('reports');
  return {
    driver,
    fetcher,
    line,
    log,
    owner,
    asked: () => line.asked.map(({ name }) => name),
    async answer(jobs: string[]): Promise<void> {
      line.next(waitForJob).answer(jobs);
      await driver.settle();
    },
    /** The answer to what was asked last never comes, and the line is made anew. */
    async loseLine(): Promise<void> {
      line.break();
      await driver.settle();
      line.mend();
      await driver.settle();
    },
  };
}

const SETTLE: SettleJobs = {
  slots: ['slot'],
  places: [],
  groups: [],
  takes: [],
  bypassesLua: false,
  isRepeated: false,
};

describe('a fetcher', () => {
  it('takes no job on a new connection before it was announced', async () => {
    const owner = new KeptOwner();
    const announcements: (() => void)[] = [];
    owner.onConnected = () => new Promise((resolve) => announcements.push(resolve));
    const { line, driver, asked } = await startFetcher(owner);
    line.identity = { id: 1, address: '1.2.3.4:5', server: 'run-1' };
    // The first was announced without a name: the server had not told it yet.
    await driver.settle();
    line.break();
    await driver.settle();
    line.identity = { id: 2, address: '1.2.3.4:6', server: 'run-1' };
    line.mend();
    await driver.runtime.advanceAsync(1_000);
    expect(announcements).toHaveLength(1);
    const before = asked().length;
    await driver.runtime.advanceAsync(10_000);
    expect(asked()).toHaveLength(before);
    announcements[0]?.();
    await driver.settle();
    expect(asked().length).toBeGreaterThan(before);
  });

  it('waits for one job, then takes as many as there is room for while the queue holds more', async () => {
    const { owner, line, driver, answer, asked } = await startFetcher();
    owner.room = 8;
    expect(asked()).toEqual([waitForJob.name]);
    await answer(['job-1']);
    expect(line.next(takeJobs).input).toMatchObject({ requests: keys.requests, most: 8 });
    line.next(takeJobs).answer(['job-2', 'job-3']);
    await driver.settle();
    expect(owner.fetched).toEqual([['job-1'], ['job-2', 'job-3']]);
    expect(asked().at(-1)).toBe(waitForJob.name);
  });

  it('is idle while there is no room, and goes on when it is woken', async () => {
    const { owner, fetcher, driver, answer, asked } = await startFetcher();
    owner.room = 0;
    await answer(['job-1']);
    await driver.runtime.advanceAsync(60_000);
    expect(asked()).toHaveLength(1);
    owner.room = 1;
    fetcher.wake();
    await driver.settle();
    expect(asked()).toHaveLength(2);
  });
});

describe('a take without an answer', () => {
  it('has its slot read before the next take', async () => {
    const { owner, line, driver, loseLine, asked } = await startFetcher();
    const { slot } = line.next(waitForJob).input;
    await loseLine();
    expect(owner.unanswered).toMatchObject([{ slot: { key: slot } }]);
    expect(line.next(readList).input.list).toBe(slot);
    expect(asked()).toEqual([waitForJob.name, readList.name]);
    line.next(readList).answer(['job-1']);
    await driver.settle();
    expect(owner.fetched).toEqual([['job-1']]);
    expect(line.next(waitForJob).input.slot).not.toBe(slot);
  });

  it('has its slot read even while no jobs are wanted, and again when the read is lost', async () => {
    const { owner, line, driver, loseLine } = await startFetcher();
    owner.room = 0;
    await loseLine();
    await loseLine();
    await driver.runtime.advanceAsync(100);
    line.next(readList).answer([]);
    await driver.settle();
    expect([owner.fetched, owner.unanswered.length]).toEqual([[[]], 1]);
  });

  it('is returned as unconfirmed when the fetcher is stopped before the read', async () => {
    const { fetcher, line, driver } = await startFetcher();
    const { slot } = line.next(waitForJob).input;
    line.break();
    await driver.settle();
    const stopped = fetcher.stop(AbortSignal.timeout(60_000));
    await driver.runtime.advanceAsync(1_000);
    expect(await stopped).toMatchObject({ unconfirmed: { slot: { key: slot } }, isFinal: true });
  });
});

describe('a take that is refused', () => {
  it('releases its slot and is retried after a wait, when it was a blocking call', async () => {
    const { owner, line, driver, asked, fetcher } = await startFetcher();
    line.next(waitForJob).refuse('NOPERM this user has no permissions');
    await driver.settle();
    expect(owner.fetched).toEqual([[]]);
    expect(fetcher.refusal).toContain('NOPERM');
    expect(asked()).toHaveLength(1);
    await driver.runtime.advanceAsync(60);
    expect(asked()).toHaveLength(2);
    line.next(waitForJob).answer(['job-1']);
    await driver.settle();
    expect(fetcher.refusal).toBeUndefined();
  });

  it('has its slot read when a script failed half way', async () => {
    const { owner, line, driver, answer } = await startFetcher();
    owner.room = 8;
    await answer(['job-1']);
    line.next(takeJobs).refuse('ERR Error running script');
    await driver.runtime.advanceAsync(60);
    expect(owner.unanswered).toEqual([]);
    line.next(readList).answer(['job-2']);
    await driver.settle();
    expect(owner.fetched).toEqual([['job-1'], ['job-2']]);
  });

  it('for lack of memory is replaced by a take that needs no memory', async () => {
    const { owner, line, driver } = await startFetcher();
    line.next(waitForJob).refuse('OOM command not allowed');
    await driver.settle();
    line.next(takeJobs).answer(['job-1']);
    await driver.settle();
    expect(owner.fetched).toEqual([[], ['job-1']]);
  });
});

describe('a fetcher that is paused', () => {
  it('ends its wait, accepts a job that still arrives, and takes no more until it is resumed', async () => {
    const { owner, fetcher, line, driver, asked } = await startFetcher();
    line.identity = { id: 1, address: '1.2.3.4:5', server: 'run-1' };
    const paused = fetcher.pause();
    await driver.settle();
    expect(driver.commands.asked.map(({ name }) => name)).toContain('unblock');
    line.next(waitForJob).answer(['job-1']);
    await driver.settle();
    await paused;
    expect(owner.fetched).toEqual([['job-1']]);
    await driver.runtime.advanceAsync(60_000);
    expect(asked()).toHaveLength(1);
    fetcher.resume();
    await driver.settle();
    expect(asked()).toHaveLength(2);
  });

  it('can be stopped', async () => {
    const { fetcher, line, driver } = await startFetcher();
    const paused = fetcher.pause();
    line.next(waitForJob).answer([]);
    await driver.settle();
    await paused;
    const stopped = fetcher.stop(AbortSignal.timeout(60_000));
    await driver.settle();
    expect(await stopped).toEqual({ unconfirmed: undefined, isFinal: true });
    expect(driver.blockingLines).toEqual([]);
  });
});

describe('a settle in one write with the wait for the next job', () => {
  /** A fetcher whose jobs come one by one, and that rests. */
  async function resting() {
    const started = await startFetcher();
    const { owner, fetcher, answer } = started;
    owner.room = 0;
    await answer(['job-1']);
    // None was there when others were settled: jobs come one by one.
    fetcher.arrivals.tookWithoutWait(0, 8);
    return started;
  }

  /** Reserves what the wait is for. */
  function reserve(owner: KeptOwner): Take {
    owner.room = 1;
    const take = owner.take(1);
    owner.room = 0;
    if (!take) {
      throw new Error('No slot is free');
    }
    return take;
  }

  it('is offered while the fetcher is idle on an announced line that answered recently', async () => {
    const { fetcher, driver, line } = await resting();
    expect(fetcher.maySettleAndWait).toBe(true);
    line.identity = { id: 1, address: '1.2.3.4:5', server: 'run-1' };
    expect(fetcher.maySettleAndWait).toBe(false);
    line.identity = undefined;
    expect(fetcher.maySettleAndWait).toBe(true);
    await driver.runtime.advanceAsync(101);
    expect(fetcher.maySettleAndWait).toBe(false);
  });

  it('passes on the job that the wait brings', async () => {
    const { fetcher, driver, line, owner } = await resting();
    const take = reserve(owner);
    const settled = fetcher.settleAndWait(SETTLE, take);
    expect([fetcher.isFetching, fetcher.maySettleAndWait]).toEqual([true, false]);
    line.next(settleJobs).answer({ jobs: [] });
    line.next(listLength).answer(0);
    await settled;
    line.next(waitForJob).answer(['job-2']);
    await driver.settle();
    expect(owner.fetched.at(-1)).toEqual(['job-2']);
    expect(fetcher.isFetching).toBe(false);
  });

  it('fails when the line cannot carry it out any more, and the slot of its take is read', async () => {
    const { fetcher, driver, line, owner } = await resting();
    const take = reserve(owner);
    const settled = fetcher.settleAndWait(SETTLE, take);
    const failed = expect(settled).rejects.toThrow('was lost');
    line.break();
    await driver.runtime.advanceAsync(1_000);
    expect(owner.unanswered).toEqual([take]);
    line.mend();
    await failed;
    await driver.settle();
    expect(line.next(readList).input.list).toBe(take.slot.key);
  });

  it('fails only after the server has closed the line, so that it can be repeated', async () => {
    const { fetcher, driver, line, owner } = await resting();
    const { commands } = driver;
    line.identities = [{ id: 7, address: '1.2.3.4:7', server: 'run-1' }];
    const take = reserve(owner);
    let isFinal = false;
    void fetcher.settleAndWait(SETTLE, take).catch(() => (isFinal = true));
    line.break();
    await driver.settle();
    expect([commands.open.map(({ name }) => name), isFinal]).toEqual([['cut'], false]);
    commands.open[0]?.answer(true);
    await driver.settle();
    expect(isFinal).toBe(true);
  });

  it('fails only after the next connection of its line, when the server does not confirm that it closed the last one', async () => {
    const { fetcher, driver, line, owner } = await resting();
    line.identities = [{ id: 7, address: '1.2.3.4:7', server: 'run-1' }];
    const take = reserve(owner);
    let isFinal = false;
    void fetcher.settleAndWait(SETTLE, take).catch(() => (isFinal = true));
    line.break();
    await driver.runtime.advanceAsync(10_000);
    expect(isFinal).toBe(false);
    line.mend();
    await driver.settle();
    expect(isFinal).toBe(true);
  });
});
