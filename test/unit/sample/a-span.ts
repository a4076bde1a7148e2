import type { TracedSpan } from '../../../sample-app/src/tracing/traced-span.js';

/** Makes a span of the sample. */
export const aSpan = (fields: Partial<TracedSpan> = {}): TracedSpan => ({
  traceId: 'trace',
  spanId: 'root',
  parentId: undefined,
  process: 'web',
  kind: 'SERVER',
  name: 'GET /',
  startedAt: 1_000,
  duration: 12.34,
  attempt: undefined,
  values: undefined,
  status: undefined,
  isError: false,
  message: undefined,
  ...fields,
});
