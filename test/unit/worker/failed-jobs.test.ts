import { describe, expect, it } from 'vitest';
import { deathOf } from '../../../lib/worker/running/failed-jobs.js';
import type { DeadLetterFailures } from '../../../lib/worker/dead-letter-failures.js';
import type { Job } from '../../../lib/protocol/wire/job-element.js';

const REQUEST: Job = { version: 2, id: '1', data: 0, redeliveries: 1, replyTo: 'client' };
const EMIT: Job = { ...REQUEST, replyTo: undefined };
const ORIGINAL: Job = { version: 1, id: '1', data: 0, redeliveries: 1 };

const death = (
  job: Job,
  deadLetterFailures: DeadLetterFailures,
  error: unknown = new Error('no'),
  form?: { name: string; message: string; details?: unknown },
) => {
  const run = { job, context: { attempt: 2 } } as unknown as Parameters<typeof deathOf>[0];
  return deathOf(run, error, form, { handler: { deadLetterFailures }, options: {} });
};

describe('a failed job becomes a dead letter', () => {
  it.each<[DeadLetterFailures, boolean[]]>([
    ['emits', [true, false, false]],
    ['all', [true, true, true]],
    ['none', [false, false, false]],
  ])('with deadLetterFailures: %s', (option, expected) => {
    const deaths = [EMIT, REQUEST, ORIGINAL].map((job) => death(job, option));
    expect(deaths.map((each) => each !== undefined)).toEqual(expected);
  });

  it('with its error, its stack and the number of its starts', () => {
    expect(death(EMIT, 'emits', new RangeError('too far'))).toMatchObject({
      reason: 'failed',
      message: 'too far',
      attempts: 2,
      error: { name: 'RangeError', stack: expect.stringContaining('failed-jobs.test.ts') },
    });
  });

  it.each([
    ['a long message', new Error('x'.repeat(100_000)), undefined],
    ['long details', Object.assign(new Error('no'), { details: 'x'.repeat(100_000) }), undefined],
    ['details that JSON cannot write', new Error('no'), { name: 'E', message: 'm', details: 1n }],
  ])('that is short although its error has %s', (_, error, form) => {
    expect(JSON.stringify(death(EMIT, 'emits', error, form)).length).toBeLessThan(20_000);
  });
});
