import { expect, it } from 'vitest';
import { formatTrace } from '../../../sample-app/src/tracing/trace-tree.js';
import type { TracedSpan } from '../../../sample-app/src/tracing/traced-span.js';
import { aSpan } from './a-span.js';

const format = (...spans: Partial<TracedSpan>[]): string[] =>
  formatTrace(spans.map(aSpan), false).split('\n');

it('draws a tree in the order of time, with what is worth a note', () => {
  const client = { kind: 'CLIENT', parentId: 'root', name: 'sets' };
  const message = `no picture: ${'its head is of no known kind, '.repeat(20)}`;
  expect(
    format(
      {
        spanId: 'late',
        startedAt: 5,
        parentId: 'root',
        name: 'late',
        status: '404',
        duration: 9.87,
      },
      { ...client, spanId: 'first', startedAt: 2, isError: true, status: 'REMOTE', message: 'one' },
      {
        spanId: 'job',
        startedAt: 3,
        parentId: 'first',
        process: 'worker 1',
        name: 'sets',
        attempt: 2,
        values: 3,
        isError: true,
        status: 'REMOTE',
        message,
      },
      { ...client, spanId: 'second', startedAt: 4, status: 'CANCELLED', attempt: 1 },
      { spanId: 'root', startedAt: 1, duration: 1_234.5 },
      { spanId: 'orphan', startedAt: 1, parentId: 'lost', process: 'worker 2', name: 'plans' },
    ),
  ).toEqual([
    '',
    'Trace trace: 6 spans of web, worker 1, worker 2',
    'web       SERVER  GET /       1235 ms',
    'web       CLIENT  ├─ sets       12 ms  ERROR REMOTE',
    'worker 1  SERVER  │  └─ sets    12 ms  attempt 2, 3 values, ERROR REMOTE',
    'web       CLIENT  ├─ sets       12 ms  CANCELLED',
    'web       SERVER  └─ late      9.9 ms  404',
    'worker 2  SERVER  ?─ plans      12 ms',
    'sets: no picture: its head is of no known kind, its head is of no known kind,',
    '  its head is of no known kind, its head is of no known kind, its head is of no',
    '  known kind, its head is of no known kind, its head is of no known kind, its',
    '  head is...',
    '',
  ]);
});

it('shows a few of many spans', () => {
  const many = Array.from({ length: 100 }, (_, n) => ({ spanId: `${n}`, parentId: 'root' }));
  const lines = format({}, ...many);
  expect(lines[1]).toBe('Trace trace: 101 spans of web');
  expect(lines.slice(-3)).toEqual([expect.stringContaining('├─ GET /'), '... and 71 more', '']);
  expect(lines).toHaveLength(34);
});
