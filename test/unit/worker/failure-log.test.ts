import { beforeEach, describe, expect, it } from 'vitest';
import { FailureLog } from '../../../lib/worker/running/failure-log.js';
import { THROWN } from '../../processes/hostile.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

function failureLog() {
  const log = new KeptLog(runtime);
  return { log, failures: new FailureLog({ name: 'Worker#run', queue: 'reports' }, log, runtime) };
}

const failure = (message: string) =>
  Object.assign(new TypeError(message), { stack: `TypeError: ${message}\n    at here` });

describe('failures of a handler', () => {
  it('are logged with the handler, the job, the queue, the error and its stack', () => {
    const { log, failures } = failureLog();
    failures.failed('job-1', failure('oops'));
    expect(log.errors).toEqual([
      'Worker#run failed on job job-1 of queue "reports": TypeError: oops',
    ]);
    expect(log.stacks).toEqual(['TypeError: oops\n    at here']);
  });

  it('that are equal are logged once a minute, with their number', () => {
    const { log, failures } = failureLog();
    for (let job = 0; job < 10_000; job++) {
      failures.failed(job, failure('oops'));
    }
    runtime.advance(60_000);
    expect(log.errors).toHaveLength(2);
    expect(log.errors[1]).toContain('9999 times');
  });

  it('that differ in the error, the message or the code that failed are all logged', () => {
    const { log, failures } = failureLog();
    for (let time = 0; time < 3; time++) {
      failures.failed('job-1', failure('one'));
      failures.failed('job-1', failure('two'));
      failures.failed('job-1', new RangeError('two'));
      failures.strayed('the teardown of its Observable', 'job-1', new TypeError('two'));
    }
    expect(log.errors).toHaveLength(4);
  });

  it('that all differ are logged up to a limit in each minute', () => {
    const { log, failures } = failureLog();
    const flood = (): void => {
      for (let job = 0; job < 10_000; job++) {
        failures.failed(job, failure(`no order ${job}`));
      }
    };
    flood();
    expect(log.errors.length).toBeGreaterThan(10);
    expect(log.errors.length).toBeLessThan(100);
    runtime.advance(61_000);
    const before = log.errors.length;
    flood();
    expect(log.errors.length - before).toBeGreaterThan(10);
    expect(log.errors.length - before).toBeLessThan(100);
  });

  it('name the handler and the error, however long the id and the message are', () => {
    const { log, failures } = failureLog();
    failures.failed('i'.repeat(2_000_000), failure('m'.repeat(2_000_000)));
    expect(log.errors[0]?.length).toBeLessThan(3_000);
    expect(log.errors[0]).toContain('of queue "reports": TypeError: mmm');
  });
});

describe('the line of a failure', () => {
  const lineOf = (error: unknown): string => {
    const { log, failures } = failureLog();
    failures.failed(1, error);
    return log.errors[0] ?? '';
  };

  it.each<[string, unknown, string]>([
    [
      'its causes',
      new TypeError('fetch failed', { cause: new Error('refused', { cause: 'no route' }) }),
      'TypeError: fetch failed; cause: Error: refused; cause: no route',
    ],
    [
      'no cause whose message it says itself',
      new Error('failed: refused', { cause: new Error('refused') }),
      'Error: failed: refused',
    ],
    [
      'the errors of an AggregateError',
      new AggregateError(
        ['a', 'b', 'c', 'd', 'e'].map((text) => new Error(text)),
        'all failed',
      ),
      'AggregateError: all failed; errors: Error: a, Error: b, Error: c, and 2 more',
    ],
    [
      'what an RpcException was made of',
      Object.assign(new Error('Rpc Exception'), {
        name: 'RpcException',
        getError: () => ({ code: 7, why: 'no stock' }),
      }),
      'RpcException: Rpc Exception: {"code":7,"why":"no stock"}',
    ],
  ])('names %s', (_, error, text) => {
    expect(lineOf(error)).toBe(`Worker#run failed on job 1 of queue "reports": ${text}`);
  });

  it('begins with the details of the error, however long the message and the causes are', () => {
    const cause = new Error('c'.repeat(100_000));
    const line = lineOf(new Error('m'.repeat(100_000), { cause }));
    expect(line).toContain(': Error: mmm');
    expect(line).toContain('; cause: Error: ccc');
    expect(line.length).toBeLessThan(2_100);
  });

  it('differs for failures that differ only in their causes', () => {
    const { log, failures } = failureLog();
    failures.failed(1, new TypeError('fetch failed', { cause: new Error('refused') }));
    failures.failed(1, new TypeError('fetch failed', { cause: new Error('timed out') }));
    expect(log.errors).toHaveLength(2);
  });

  it.each(Object.entries(THROWN))('can be made from %s', (_, make) => {
    expect(lineOf(make())).toContain('Worker#run failed on job 1');
  });

  it('is followed by what util.inspect shows', () => {
    const { log, failures } = failureLog();
    failures.failed(1, Object.assign(new Error('m', { cause: new Error('c') }), { order: 7 }));
    expect(log.stacks[0]).toContain('order: 7');
    expect(log.stacks[0]).toContain('[cause]: Error: c');
  });
});
