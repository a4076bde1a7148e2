import { describe, expect, it } from 'vitest';
import { indentedJson } from '../../../lib/dashboard/page/format/indented-json.js';

describe('indentedJson', () => {
  it.each([
    { list: [1, { a: null }, []], empty: {}, text: 'a "quoted" \\ {not} [a, list]' },
    ['', ' , ', '\\', '"'],
    [],
    'text',
    -1.5e-7,
    null,
  ])('lays out %j as JSON does', (value) => {
    expect(indentedJson(JSON.stringify(value))).toBe(JSON.stringify(value, undefined, 2));
  });

  it('keeps numbers that JSON cannot hold, and names that come twice', () => {
    expect(indentedJson('{"a":12345678901234567890,"a":1.10}')).toBe(
      '{\n  "a": 12345678901234567890,\n  "a": 1.10\n}',
    );
  });

  it('lays out the beginning of a text that was cut', () => {
    expect(indentedJson('{"a":[1,{"b":"un')).toBe('{\n  "a": [\n    1,\n    {\n      "b": "un');
    expect(indentedJson(String.raw`["back\\slash\"`)).toBe(`[\n  ${String.raw`"back\\slash\"`}`);
  });

  it('shows what is no JSON as it is', () => {
    expect(indentedJson('no JSON')).toContain('no');
    expect(indentedJson('}}}}]]')).toContain('}');
    expect(indentedJson('')).toBe('');
  });

  it('stays small for a text of a million levels', () => {
    const text = '['.repeat(500_000) + ']'.repeat(500_000);
    const laidOut = indentedJson(text);
    expect(laidOut.length).toBeLessThan(text.length + 10_000);
    expect(laidOut.replaceAll(/\s/g, '')).toBe(text);
  });
});

it('stays small for many short values that are nested deeply', () => {
  const text = `${'['.repeat(40)}${'1,'.repeat(50_000)}1${']'.repeat(40)}`;
  const shown = indentedJson(text);
  expect(shown.length).toBeLessThan(12 * text.length);
  expect(shown.replaceAll(/\s/g, '')).toBe(text);
});
