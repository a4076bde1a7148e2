import type { TracedSpan } from './traced-span.js';

/** How long no further span came before a trace counts as complete, ms. */
const QUIET_MS = 300;

/** How long the spans of a job may be missing, of a step that goes on after a cancellation or of a killed process, ms. */
const MISSING_SPANS_MS = 3_000;

/** Maximum number of traces that are kept, of which the oldest is dropped: some never end. */
const MAX_TRACES = 100;

/** Maximum number of spans that are kept of one trace, of which the first to end is dropped. */
const MAX_SPANS_OF_TRACE = 200;

interface OpenTrace {
  readonly spans: TracedSpan[];
  timer?: NodeJS.Timeout;
}

/** Collects the spans of all processes by their trace, and hands out each trace after its root has ended. */
export class TraceCollector {
  private readonly traces = new Map<string, OpenTrace>();

  constructor(private readonly onTrace: (spans: readonly TracedSpan[]) => void) {}

  add(span: TracedSpan): void {
    const open = this.openTrace(span.traceId);
    open.spans.push(span);
    if (open.spans.length > MAX_SPANS_OF_TRACE) {
      // The first, since a span ends behind those below it: the root must stay.
      open.spans.shift();
    }
    if (open.spans.some(({ parentId }) => parentId === undefined)) {
      clearTimeout(open.timer);
      const wait = isWhole(open.spans) ? QUIET_MS : MISSING_SPANS_MS;
      // A process that stops waits for no trace.
      open.timer = setTimeout(() => this.end(span.traceId, open), wait).unref();
    }
  }

  private openTrace(traceId: string): OpenTrace {
    let open = this.traces.get(traceId);
    if (!open) {
      const [oldest] = this.traces.keys();
      if (oldest !== undefined && this.traces.size >= MAX_TRACES) {
        clearTimeout(this.traces.get(oldest)?.timer);
        this.traces.delete(oldest);
      }
      open = { spans: [] };
      this.traces.set(traceId, open);
    }
    return open;
  }

  private end(traceId: string, { spans }: OpenTrace): void {
    this.traces.delete(traceId);
    this.onTrace(spans);
  }
}

/** Whether each span's parent has come, and the job of each call. */
function isWhole(spans: readonly TracedSpan[]): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const parents = new Set(spans.map(({ parentId }) => parentId));
  return spans.every(
    ({ kind, spanId, parentId }) =>
      (parentId === undefined || ids.has(parentId)) && (kind !== 'CLIENT' || parents.has(spanId)),
  );
}
