/** A span that has ended, as a message between processes. */
export interface TracedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `undefined` for the root of its trace. */
  readonly parentId: string | undefined;
  /** The process of the span: `web`, `worker 1`. */
  readonly process: string;
  /** `SERVER`, `CLIENT`. */
  readonly kind: string;
  readonly name: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** ms. */
  readonly duration: number;
  /** Which delivery of its job this is, from 1. */
  readonly attempt: number | undefined;
  /** The number of values of a stream. */
  readonly values: number | undefined;
  /** How it ended, where not well: a status of HTTP, or a code of the library. */
  readonly status: string | undefined;
  readonly isError: boolean;
  /** The message of the error. */
  readonly message: string | undefined;
}

/** What a worker process sends its parent for each span. */
export interface SpanMessage {
  readonly span: TracedSpan;
}
