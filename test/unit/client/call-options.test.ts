import { describe, expect, it } from 'vitest';
import {
  checkEmitOptions,
  checkSendOptions,
  type SendOptions,
} from '../../../lib/client/calls/call-options.js';
import { refusalBy } from '../support/thrown-by.js';

/** Checks options of a caller without a compiler. */
const check = (options: unknown): void => checkSendOptions('reports', options as SendOptions);

describe('the options of a call', () => {
  it.each<[string, SendOptions]>([
    ['none', {}],
    [
      'all',
      {
        timeout: 5_000,
        headers: { trace: 'abc' },
        onPushed: () => undefined,
        maxDeliveries: 1,
        requireWorker: true,
        maxQueueLength: 1,
        protocol: 2,
        inherit: true,
        signal: new AbortController().signal,
      },
    ],
    ['no limits', { timeout: 0, headers: {}, requireWorker: false, inherit: false }],
    ['an aborted signal', { signal: AbortSignal.abort() }],
    [
      'a signal of another realm',
      {
        signal: { aborted: false, [Symbol.toStringTag]: 'AbortSignal' } as never,
      },
    ],
    [
      '`undefined` for each',
      {
        timeout: undefined,
        headers: undefined,
        onPushed: undefined,
        maxDeliveries: undefined,
        requireWorker: undefined,
        maxQueueLength: undefined,
        protocol: undefined,
        inherit: undefined,
        signal: undefined,
      },
    ],
  ])('may be %s', (_, options) => {
    expect(() => check(options)).not.toThrow();
  });

  const DURATION = 'an integer from 0 to 2147483647 (ms)';
  const POSITIVE = 'an integer >= 1';
  const STRINGS = 'an object of strings';

  it.each<[string, unknown, string, string]>([
    ['timeout', -1, DURATION, '`-1` (number)'],
    ['timeout', '5s', DURATION, '"5s" (string)'],
    ['timeout', Infinity, DURATION, '`Infinity` (number)'],
    ['timeout', null, DURATION, '`null`'],
    ['headers', new Map([['trace', 'abc']]), STRINGS, 'an object'],
    ['headers', ['trace'], STRINGS, 'an array'],
    ['headers', 'trace', STRINGS, '"trace" (string)'],
    ['onPushed', true, 'a function', '`true` (boolean)'],
    ['maxDeliveries', 0, POSITIVE, '`0` (number)'],
    ['maxDeliveries', 1.5, POSITIVE, '`1.5` (number)'],
    ['requireWorker', 'yes', 'true or false', '"yes" (string)'],
    ['maxQueueLength', 0, POSITIVE, '`0` (number)'],
    ['maxQueueLength', '10', POSITIVE, '"10" (string)'],
    ['protocol', 3, '1 or 2', '`3` (number)'],
    ['protocol', '1', '1 or 2', '"1" (string)'],
    ['inherit', 'no', 'true or false', '"no" (string)'],
    ['inherit', 0, 'true or false', '`0` (number)'],
    ['signal', new AbortController(), 'an AbortSignal', 'an object'],
    ['signal', { aborted: false }, 'an AbortSignal', 'an object'],
  ])('are refused with what was expected and what came: %s', (name, value, expected, received) => {
    expect(refusalBy(() => check({ [name]: value }))).toMatchObject({
      option: `${name} in a call to queue "reports"`,
      expected,
      received,
    });
  });

  it.each<[Record<PropertyKey, unknown>, string, string, string]>([
    [{ tenant: undefined }, 'headers.tenant', 'a string', '`undefined`'],
    [{ trace: 'abc', tenant: 1 }, 'headers.tenant', 'a string', '`1` (number)'],
    [{ tenant: null }, 'headers.tenant', 'a string', '`null`'],
    [{ 'x-tenant': {} }, 'headers["x-tenant"]', 'a string', 'an object'],
    [{ '': 'acme' }, 'headers', 'an object whose names are non-empty strings', '""'],
    [
      { [Symbol('tenant')]: 'acme' },
      'headers',
      'an object whose names are non-empty strings',
      'a symbol',
    ],
    [
      {
        get tenant() {
          throw new Error('secret');
        },
      },
      'headers.tenant',
      'a string',
      '`undefined`',
    ],
  ])('name the header that is wrong: %#', (headers, option, expected, received) => {
    expect(refusalBy(() => check({ headers }))).toMatchObject({
      option: `${option} in a call to queue "reports"`,
      expected,
      received,
    });
  });

  it('are refused if they are not an object', () => {
    expect(refusalBy(() => check(null)).message).toBe(
      'Expected the options of a call to queue "reports" to be an object, got `null`',
    );
  });

  it('are refused if an option is unknown', () => {
    const error = refusalBy(() => check({ timeOut: 5_000 }));
    expect(error.option).toBe('timeOut in a call to queue "reports"');
    expect(error.expected).toContain('timeout, headers, onPushed');
  });

  it('do not show the values of headers in the error', () => {
    const error = refusalBy(() => check({ headers: { authorization: 'secret', n: 1 } }));
    expect(error.message).not.toContain('secret');
  });
});

describe('the options of a call to original workers', () => {
  it.each<[string, SendOptions]>([
    ['nothing else', {}],
    ['a timeout', { timeout: 5_000 }],
    ['a signal', { signal: new AbortController().signal }],
    ['a callback', { onPushed: () => undefined }],
    ['a limit of the queue', { maxQueueLength: 10 }],
    ['`undefined`', { headers: undefined, maxDeliveries: undefined, requireWorker: undefined }],
  ])('may be %s', (_, options) => {
    expect(() => check({ ...options, protocol: 1 })).not.toThrow();
  });

  it.each<[keyof SendOptions, unknown, string]>([
    ['headers', { trace: 'abc' }, 'an object'],
    ['headers', {}, 'an object'],
    ['maxDeliveries', 3, '`3` (number)'],
    ['requireWorker', true, '`true` (boolean)'],
    ['requireWorker', false, '`false` (boolean)'],
  ])(
    'are refused where the original protocol has no place for them: %s',
    (name, value, received) => {
      expect(refusalBy(() => check({ [name]: value, protocol: 1 }))).toMatchObject({
        option: `${name} in a call to queue "reports"`,
        expected: expect.stringContaining('`protocol: 1`'),
        received,
      });
      expect(() => check({ [name]: value, protocol: 2 })).not.toThrow();
    },
  );
});

it.each(['signal', 'idleTimeout'])('options of an emit have no %s', (name) => {
  const options = { signal: new AbortController().signal, idleTimeout: 1 };
  const { [name as keyof typeof options]: value } = options;
  const error = refusalBy(() => checkEmitOptions('reports', { [name]: value }));
  expect(error.option).toBe(`${name} in a call to queue "reports"`);
});
