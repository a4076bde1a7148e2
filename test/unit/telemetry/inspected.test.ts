import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { inspected } from '../../../lib/telemetry/inspected.js';
import { THROWN } from '../../processes/hostile.js';

it('shows an error with its stack, its own properties, its causes and its errors', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const error = Object.assign(
    new TypeError('failed', { cause: new AggregateError([cause], 'all') }),
    {
      order: { id: 7 },
    },
  );
  const text = inspected(error);
  for (const part of [
    'TypeError: failed',
    'inspected.test',
    'order: { id: 7 }',
    '[cause]: AggregateError: all',
    "code: 'ECONNREFUSED'",
  ]) {
    expect(text).toContain(part);
  }
});

it('is limited in length, and shows the stack and the top level', () => {
  const large = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`key${index}`, { a: { b: 'x'.repeat(300) } }]),
  );
  const error = Object.assign(new Error('failed'), { code: 'E_LARGE', config: large });
  const text = inspected(error) ?? '';
  expect(text.split('\n').length).toBeLessThanOrEqual(50);
  expect(text).toContain('inspected.test');
  expect(text).toContain("code: 'E_LARGE'");
  let chain = new Error('cause 0');
  for (let index = 1; index < 1_000; index++) {
    chain = new Error(`cause ${index}`, { cause: chain });
  }
  expect(inspected(chain)?.split('\n').length).toBeLessThanOrEqual(50);
});

it('does not show the arguments of a command of Redis', () => {
  const refused = Object.assign(new Error('WRONGPASS'), {
    command: { name: 'auth', args: ['me', 'secret'] },
  });
  expect(inspected(refused)).toContain('command: [Object]');
  expect(inspected(refused)).not.toContain('secret');
  expect(inspected(new Error('failed', { cause: refused }))).not.toContain('secret');
});

it.each(Object.entries(THROWN))('never throws: %s', (_, make) => {
  expect(() => inspected(make())).not.toThrow();
});

it('is undefined for a value that throws when it is inspected, and for a text', () => {
  const odd = Object.assign(new Error('m'), {
    [inspect.custom]: () => {
      throw new Error('no');
    },
  });
  expect(inspected(odd)).toBeUndefined();
  expect(inspected('text')).toBeUndefined();
});
