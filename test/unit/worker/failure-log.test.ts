import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../../lib/worker/failure-log.js';
import { KeptLog } from '../support/kept-log.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function failureLog() {
  const log = new KeptLog();
  return { log, failures: new FailureLog({ name: 'Worker#run', queue: 'reports' }, log) };
}

const failure = (message: string) => ({ name: 'TypeError', message, stack: `at ${message}` });

describe('failures of a handler', () => {
  it('are written with the handler, the job, the queue, the error and its stack', () => {
    const { log, failures } = failureLog();
    failures.failed('job-1', failure('oops'));
    expect(log.errors).toEqual([
      'Worker#run failed on job job-1 of queue "reports": TypeError: oops',
    ]);
    expect(log.stacks).toEqual(['at oops']);
  });

  it('that are the same are written once a minute, with how many there were', () => {
    const { log, failures } = failureLog();
    for (let job = 0; job < 10_000; job++) {
      failures.failed(job, failure('oops'));
    }
    vi.advanceTimersByTime(60_000);
    expect(log.errors).toHaveLength(2);
    expect(log.errors[1]).toContain('9999 times');
  });

  it('that differ are all written: by error, by message, and by what has failed', () => {
    const { log, failures } = failureLog();
    for (let time = 0; time < 3; time++) {
      failures.failed('job-1', failure('one'));
      failures.failed('job-1', failure('two'));
      failures.failed('job-1', { ...failure('two'), name: 'RangeError' });
      failures.strayed('the teardown of its stream', 'job-1', new TypeError('two'));
    }
    expect(log.errors).toHaveLength(4);
  });

  it('that all differ are bounded, in each minute', () => {
    const { log, failures } = failureLog();
    const flood = (): void => {
      for (let job = 0; job < 10_000; job++) {
        failures.failed(job, failure(`no order ${job}`));
      }
    };
    flood();
    expect(log.errors.length).toBeGreaterThan(10);
    expect(log.errors.length).toBeLessThan(100);
    vi.advanceTimersByTime(61_000);
    const before = log.errors.length;
    flood();
    expect(log.errors.length - before).toBeGreaterThan(10);
    expect(log.errors.length - before).toBeLessThan(100);
  });

  it('say which handler and error it was, however long the id and the message are', () => {
    const { log, failures } = failureLog();
    failures.failed('i'.repeat(2_000_000), failure('m'.repeat(2_000_000)));
    expect(log.errors[0]?.length).toBeLessThan(3_000);
    expect(log.errors[0]).toContain('of queue "reports": TypeError: mmm');
  });
});
