/** Makes spans in the web process, and prints each trace with the spans that the worker processes report. */
import { startTracing } from './start-tracing.js';
import { TraceCollector } from './trace-collector.js';
import { formatTrace } from './trace-tree.js';
import { reportedSpans } from './reported-spans.js';

const hasColours = process.stdout.isTTY && process.stdout.hasColors();
const collector = new TraceCollector((spans) => console.log(formatTrace(spans, hasColours)));

startTracing('web', (span) => collector.add(span));
reportedSpans.subscribe((span) => collector.add(span));
