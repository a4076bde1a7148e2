import { beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../../lib/protocol/wire/job-element.js';
import { RunContext } from '../../../lib/worker/running/run-context.js';
import { JobRun } from '../../../lib/worker/running/job-run.js';
import { OverdueRuns } from '../../../lib/worker/running/overdue-runs.js';
import { Slot, type JobPlace } from '../../../lib/worker/taking/slots.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const START = 1_753_000_000_000;

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime(START);
});

function startRun(job: Partial<Job> = {}): JobRun {
  const whole: Job = { version: 2, id: 'job-1', data: null, redeliveries: 0, ...job };
  const place = new Slot(0, 'slot').fill(1)[0] as JobPlace;
  return new JobRun(whole, place, new RunContext('reports', whole, { clock: runtime, runtime }));
}

/** The warnings of a worker with four slots. */
function watch(runs: readonly JobRun[], timeout = 0) {
  const log = new KeptLog();
  const handler = { name: 'Worker#run', queue: 'reports', concurrency: 4, timeout };
  const overdue = new OverdueRuns(handler, runs, log, runtime);
  overdue.watch();
  return { log, overdue };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Runs that have their end, while their handlers have not returned. */
function answered(count: number): JobRun[] {
  const runs = Array.from({ length: count }, () => startRun());
  runs.forEach((run) => run.answer('cancelled'));
  return runs;
}

describe('runs past their end', () => {
  it('that use up the concurrency are warned of soon: handler, queue, number, age and what to do', () => {
    const { log } = watch(answered(4));
    runtime.advance(5 * SECOND);
    expect(log.warnings).toEqual([]);
    runtime.advance(2 * SECOND);
    expect(log.warnings).toHaveLength(1);
    for (const part of [
      'Worker#run',
      '"reports"',
      '4 jobs of queue "reports" (concurrency 4)',
      'started 6 s ago',
      'starts no other job',
      '`job.signal`',
    ]) {
      expect(log.warnings[0]).toContain(part);
    }
  });

  it('are warned of later where other jobs can run', () => {
    const { log } = watch([...answered(1), startRun()]);
    runtime.advance(30 * SECOND);
    expect(log.warnings).toEqual([]);
    runtime.advance(2 * SECOND);
    expect(log.warnings).toEqual([
      expect.stringContaining('1 job of queue "reports" (concurrency 4)'),
    ]);
    expect(log.warnings[0]).not.toContain('no other job');
  });

  it('include runs whose deadline has passed, even when nobody read their signal', () => {
    const deadline = START + 10 * SECOND;
    const { log } = watch(Array.from({ length: 4 }, () => startRun({ deadline })));
    runtime.advance(14 * SECOND);
    expect(log.warnings).toEqual([]);
    runtime.advance(3 * SECOND);
    expect(log.warnings).toHaveLength(1);
  });

  it('are warned of once a minute until they have returned', () => {
    const runs = answered(4);
    const { log } = watch(runs);
    runtime.advance(10 * SECOND + 3 * MINUTE);
    expect(log.warnings).toHaveLength(4);
    runs.forEach((run) => run.end());
    runtime.advance(10 * MINUTE);
    expect(log.warnings).toHaveLength(4);
  });

  it('do not include runs that return soon', () => {
    const runs: JobRun[] = [];
    const { log } = watch(runs);
    for (let second = 0; second < 100; second++) {
      runs.splice(0, 4, ...answered(4));
      runtime.advance(4 * SECOND);
    }
    expect(log.warnings).toEqual([]);
  });

  it('are not checked after the worker has stopped', () => {
    const { log, overdue } = watch(answered(4));
    overdue.stop();
    runtime.advance(MINUTE);
    expect([log.warnings, runtime.pending]).toEqual([[], 0]);
  });
});

describe('runs without a deadline or a timeout', () => {
  const endless = (count: number): JobRun[] => Array.from({ length: count }, () => startRun());

  it('that use up the concurrency are warned of after minutes, with what to do', () => {
    const { log } = watch(endless(4));
    runtime.advance(5 * MINUTE - SECOND);
    expect(log.warnings).toEqual([]);
    runtime.advance(2 * SECOND);
    expect(log.warnings).toHaveLength(1);
    for (const part of [
      'Worker#run runs as many jobs of queue "reports" as its concurrency allows (4)',
      'none of them has a deadline or a timeout',
      'started 5 min ago',
      '`concurrency`',
    ]) {
      expect(log.warnings[0]).toContain(part);
    }
  });

  const withDeadline = (): JobRun[] =>
    Array.from({ length: 4 }, () => startRun({ deadline: START + 60 * MINUTE }));

  it.each<[string, () => JobRun[], number]>([
    ['not all slots', () => endless(3), 0],
    ['a handler with a timeout', () => endless(4), MINUTE],
    ['jobs with a deadline', withDeadline, 0],
  ])('are not warned of: %s', (_, start, timeout) => {
    const { log } = watch(start(), timeout);
    runtime.advance(30 * MINUTE);
    expect(log.warnings).toEqual([]);
  });
});
