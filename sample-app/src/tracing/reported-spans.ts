import { Subject } from 'rxjs';
import type { TracedSpan } from './traced-span.js';

/** The spans that worker processes report to this process. */
export const reportedSpans = new Subject<TracedSpan>();
