import { describe, expect, it } from 'vitest';
import {
  aBoolean,
  aDuration,
  aFunction,
  aName,
  anInteger,
  anObjectOfStrings,
  aString,
  checkOptions,
  oneOf,
  type OptionRule,
  type OptionRules,
} from '../../../lib/options/option-rules.js';
import { describeValue } from '../../../lib/errors/value-text.js';
import { refusalBy } from '../support/thrown-by.js';

interface Options {
  size?: number | undefined;
  name?: string | undefined;
}

const RULES: OptionRules<Options> = { size: anInteger(1), name: aName };

/** Checks options as a caller without a compiler may pass them. */
const check = (options: unknown): void => checkOptions(options as Options, RULES, 'the test');

describe('checkOptions', () => {
  it.each([{}, { size: 1 }, { size: 1, name: 'a' }, { size: undefined, name: undefined }])(
    'accepts %j',
    (options) => {
      expect(() => check(options)).not.toThrow();
    },
  );

  it('names a wrong option with its place, the expected and the received value', () => {
    const error = refusalBy(() => check({ name: 'a', size: 0 }));
    expect(error.message).toBe('Expected size in the test to be an integer >= 1, got `0` (number)');
    expect(error).toMatchObject({
      option: 'size in the test',
      expected: 'an integer >= 1',
      received: '`0` (number)',
    });
  });

  it('names an unknown option, and lists the known ones', () => {
    const error = refusalBy(() => check({ sise: 1 }));
    expect(error.option).toBe('sise in the test');
    expect(error.expected).toBe('one of the options size, name (did you mean `size`?)');
  });

  it('suggests no name for an unknown option that resembles none', () => {
    expect(refusalBy(() => check({ colour: 1 })).expected).toBe('one of the options size, name');
  });

  it('does not show the value of an unknown option', () => {
    const error = refusalBy(() => check({ password: 'secret' }));
    expect(error.message).not.toContain('secret');
  });

  it('rejects an unknown option even when it is `undefined`', () => {
    expect(refusalBy(() => check({ sise: undefined })).option).toBe('sise in the test');
  });

  it.each(['constructor', 'toString'])(
    'rejects an option named like the inherited property %s',
    (name) => {
      expect(refusalBy(() => check({ [name]: 1 })).option).toBe(`${name} in the test`);
    },
  );

  it.each([
    ['null', null],
    ['a function', () => 1],
    ['a number', 7],
    ['a text', 'size=1'],
    ['an array', [1]],
  ])('rejects %s instead of an object of options', (_, options) => {
    expect(refusalBy(() => check(options)).message).toContain('the test');
  });
});

describe('a value in a message', () => {
  it.each<[string, unknown]>([
    ['`0` (number)', 0],
    ['`NaN` (number)', NaN],
    ['`-0.5` (number)', -0.5],
    ['`true` (boolean)', true],
    ['`5` (bigint)', 5n],
    ['"five" (string)', 'five'],
    ['"" (string)', ''],
    ['`null`', null],
    ['`undefined`', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an array', [1, 2]],
    ['an object', { a: 1 }],
  ])('is shown as %s', (expected, value) => {
    expect(describeValue(value)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['an object', { password: 'secret' }],
    ['an array', ['secret']],
    ['a map', new Map([['password', 'secret']])],
    ['a function', Object.assign(() => 'secret', { password: 'secret' })],
    ['an error', new Error('secret')],
    ['an object with a text', { toString: () => 'secret', toJSON: () => 'secret' }],
    ['a buffer', Buffer.from('secret')],
    ['a symbol', Symbol('secret')],
    ['a URL', 'redis://:secret@redis.example'],
    ['the address in a URL', 'someone:secret@redis.example'],
    ['a URL without a password', 'rediss://secret.example'],
  ])('is described without its content if it is %s', (_, value) => {
    expect(describeValue(value)).not.toContain('secret');
  });
});

describe('a rule', () => {
  const cases: [string, OptionRule, unknown[], unknown[]][] = [
    [
      'an integer >= 1',
      anInteger(1),
      [1, 2, Number.MAX_SAFE_INTEGER],
      [0, -1, 1.5, NaN, Infinity, 2 ** 53, '1', 1n, null, true, [1]],
    ],
    [
      'an integer from 100 to 2147483647 (ms)',
      aDuration(100),
      [100, 2_147_483_647],
      [99, 100.5, 2_147_483_648, Infinity, NaN, '100', null],
    ],
    ['a string', aString, ['', 'a'], [1, null, {}, ['a'], Object('a')]],
    ['a non-empty string', aName, ['a', ' '], ['', 1, null]],
    ['a function', aFunction, [() => 1, class {}], [null, {}, 'f']],
    [
      'an object of strings',
      anObjectOfStrings,
      [{}, { a: '' }, { a: 'b', c: 'd' }],
      [{ a: 1 }, { a: undefined }, { a: 'b', c: null }, ['a'], null, 'a'],
    ],
    ['true or false', aBoolean, [true, false], [0, 1, 'true', null]],
    ['1 or "manual"', oneOf(1, 'manual'), [1, 'manual'], ['1', true, 2, null, NaN]],
  ];

  it.each(cases)('describes what it expects: %s', (expected, rule) => {
    expect(rule.expected).toBe(expected);
  });

  it.each(cases)('accepts only right values: %s', (_, rule, right, wrong) => {
    expect(right.filter((value) => !rule.accepts(value))).toEqual([]);
    expect(wrong.filter((value) => rule.accepts(value))).toEqual([]);
  });
});

it.each([
  ['a name', aName],
  ['a text', aString],
])('%s with a lone surrogate is rejected, and shown with an escape', (_, rule) => {
  const rules = { size: rule };
  expect(() => checkOptions({ size: 'a\ud800' }, rules, 'the test')).toThrow(
    'Expected size in the test to be well-formed Unicode (UTF-8 cannot express a lone surrogate), got ' +
      '"a\\ud800" (string)',
  );
  expect(() => checkOptions({ size: 'a😀' }, rules, 'the test')).not.toThrow();
});
