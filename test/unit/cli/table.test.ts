import { expect, it } from 'vitest';
import { durationText } from '../../../lib/cli/frame/duration-text.js';
import { Output } from '../../../lib/cli/frame/output.js';
import { writeTable } from '../../../lib/cli/frame/table.js';
import { wrapped } from '../../../lib/cli/frame/wrapped.js';

/** An output for a terminal of some columns, or for a pipe, and what it was told. */
function output(columns?: number, env: NodeJS.ProcessEnv = { NO_COLOR: '1' }) {
  const stream = {
    isTTY: columns !== undefined,
    columns,
    text: '',
    hasColors: (of: NodeJS.ProcessEnv) => of['NO_COLOR'] === undefined,
    write(text: string) {
      this.text += text;
    },
  };
  const out = new Output(stream as unknown as NodeJS.WriteStream, { isJson: false, env });
  return { out, stream };
}

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}

const write = (out: Output, rows: readonly Row[]) =>
  writeTable(
    rows,
    [
      { title: 'NAME', of: ({ name }) => name, isCut: true },
      { title: 'COUNT', of: ({ count }) => count, isNumber: true, style: () => 'red' },
      { title: 'NOTE', of: ({ note }) => note, isCut: true },
    ],
    'nothing',
    out,
  );

const ROWS = [
  { name: 'a', count: 1, note: '' },
  { name: 'a long name of something', count: 12_345, note: 'a note\nof two lines' },
];

it('cuts the widest columns of a table until it fits', () => {
  const { out, stream } = output(40);
  write(out, ROWS);
  expect(stream.text).toBe(
    [
      'NAME             COUNT  NOTE',
      'a                    1',
      'a long name of…  12345  a note\\u000aof …',
      '',
    ].join('\n'),
  );
});

it('cuts nothing where there is room, and nothing below a readable width', () => {
  const wide = output(200);
  write(wide.out, ROWS);
  expect(wide.stream.text).not.toContain('…');
  const narrow = output(5);
  write(narrow.out, ROWS);
  expect(narrow.stream.text).toContain('a long …  12345  a note\\…\n');
});

it('colours cells without changing their places, and no empty ones', () => {
  const { out, stream } = output(80, {});
  write(out, [{ name: 'a', count: 1, note: '' }]);
  expect(stream.text).toContain('\na         \u001b[31m1\u001b[39m\n');
});

it('writes JSON lines into a pipe', () => {
  const { out, stream } = output();
  write(out, ROWS);
  expect(stream.text).toBe(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [90_000_000, '1 d'],
])('a duration of %i ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('breaks lines between words only', () => {
  expect(wrapped('one two three-and-more four', 8)).toEqual(['one two', 'three-and-more', 'four']);
});
