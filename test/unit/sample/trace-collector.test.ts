import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TraceCollector } from '../../../sample-app/src/tracing/trace-collector.js';
import type { TracedSpan } from '../../../sample-app/src/tracing/traced-span.js';
import { aSpan } from './a-span.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @returns a collector, and the ids of the spans of each trace that it hands out. */
function collect() {
  const traces: string[][] = [];
  const collector = new TraceCollector((spans) =>
    traces.push(spans.map(({ spanId }) => spanId).toSorted()),
  );
  const add = (...spans: Partial<TracedSpan>[]): void =>
    spans.forEach((span) => collector.add(aSpan(span)));
  return { traces, add };
}

const call = { spanId: 'call', parentId: 'root', kind: 'CLIENT' };
const job = { spanId: 'job', parentId: 'call' };
const root = { spanId: 'root' };

it('hands out a trace when its root has ended and all is quiet', () => {
  const { traces, add } = collect();
  add(job, call);
  vi.advanceTimersByTime(60_000);
  expect(traces).toEqual([]);
  add(root);
  vi.advanceTimersByTime(299);
  expect(traces).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(traces).toEqual([['call', 'job', 'root']]);
});

it('waits longer for the job of a call and for a parent, but not forever', () => {
  const { traces, add } = collect();
  add(call, root);
  vi.advanceTimersByTime(2_000);
  add(job);
  vi.advanceTimersByTime(300);
  expect(traces).toEqual([['call', 'job', 'root']]);
  add(root, { spanId: 'inner', parentId: 'lost with its process' });
  vi.advanceTimersByTime(2_999);
  expect(traces).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(traces).toHaveLength(2);
});

it('keeps traces apart', () => {
  const { traces, add } = collect();
  add(root, { spanId: 'other', traceId: 'other' });
  vi.advanceTimersByTime(300);
  expect(traces).toEqual([['root'], ['other']]);
});

it('forgets the oldest traces that never end, and what is too much of one', () => {
  const { traces, add } = collect();
  add({ ...job, traceId: 'first' });
  for (let n = 0; n < 100; n++) {
    add({ ...job, traceId: `trace ${n}` });
  }
  add(
    { ...root, traceId: 'first' },
    { ...call, traceId: 'trace 99' },
    { ...root, traceId: 'trace 99' },
  );
  for (let n = 0; n < 1_000; n++) {
    add({ spanId: `${n}`, parentId: 'root', traceId: 'large' });
  }
  add({ ...root, traceId: 'large' });
  vi.advanceTimersByTime(3_000);
  expect(traces.map(({ length }) => length)).toEqual([1, 3, 200]);
});
