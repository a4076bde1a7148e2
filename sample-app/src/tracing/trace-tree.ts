import { styleText } from 'node:util';
import type { TracedSpan } from './traced-span.js';

/** Maximum number of spans of a trace that are shown. */
const MAX_ROWS = 30;

/** Maximum number of characters of an error that are shown. */
const MAX_MESSAGE_LENGTH = 240;

/** A line of a message, which with its indentation fits into 80 columns. */
const LINE = /.{1,78}(?: |$)/gu;

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** A span with its branch of the tree, such as `   └─ `. */
interface Row {
  readonly span: TracedSpan;
  readonly branch: string;
  /** Whether an error began here, and did not come from a span below. */
  readonly isCause: boolean;
}

/** Formats the spans of a trace as a tree, with a line for each, and then the messages of the errors. */
export function formatTrace(spans: readonly TracedSpan[], hasColours: boolean): string {
  const paint: Paint = (style, text) => (hasColours ? styleText(style, text) : text);
  const all = rowsOf(spans);
  const rows = all.slice(0, MAX_ROWS);
  const widthOf = (text: (row: Row) => string): number =>
    Math.max(...rows.map((row) => text(row).length));
  const processWidth = widthOf(({ span }) => span.process);
  const kindWidth = widthOf(({ span }) => span.kind);
  const nameWidth = widthOf(({ span, branch }) => branch + span.name);
  const durationWidth = widthOf(({ span }) => durationOf(span));
  const tree = rows.map(({ span, branch }) =>
    [
      span.process.padEnd(processWidth),
      paint('dim', span.kind.padEnd(kindWidth)),
      paint('dim', branch) + span.name.padEnd(nameWidth - branch.length),
      durationOf(span).padStart(durationWidth),
      notesOf(span, paint),
    ]
      .join('  ')
      .trimEnd(),
  );
  const omitted = all.length - rows.length;
  const rest = omitted > 0 ? [`... and ${omitted} more`] : [];
  const messages = rows
    .filter(({ isCause, span }) => isCause && span.message)
    .map(({ span }) => paint('red', wrapped(`${span.name}: ${span.message}`)));
  return ['', paint('bold', titleOf(all)), ...tree, ...rest, ...messages, ''].join('\n');
}

function titleOf(rows: readonly Row[]): string {
  const spans = rows.map(({ span }) => span);
  const processes = [...new Set(spans.map(({ process }) => process))].join(', ');
  const count = `${spans.length} span${spans.length === 1 ? '' : 's'}`;
  return `Trace ${spans[0]?.traceId}: ${count} of ${processes}`;
}

/** Puts each span below its parent. What has lost its parent with a killed process goes below all others. */
function rowsOf(spans: readonly TracedSpan[]): Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const childrenOf = (id: string): TracedSpan[] => sorted(spans.filter((s) => s.parentId === id));
  const rows: Row[] = [];
  const add = (span: TracedSpan, branch: string, indent: string): void => {
    const children = childrenOf(span.spanId);
    const isCause = span.isError && !children.some(({ isError }) => isError);
    rows.push({ span, branch, isCause });
    children.forEach((child, index) => {
      const isLast = index === children.length - 1;
      add(child, `${indent}${isLast ? '└─ ' : '├─ '}`, `${indent}${isLast ? '   ' : '│  '}`);
    });
  };
  const roots = spans.filter(({ parentId }) => parentId === undefined);
  const orphans = spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId));
  sorted(roots).forEach((root) => add(root, '', ''));
  sorted(orphans).forEach((orphan) => add(orphan, '?─ ', '   '));
  return rows;
}

const sorted = (spans: readonly TracedSpan[]): TracedSpan[] =>
  spans.toSorted((a, b) => a.startedAt - b.startedAt);

const durationOf = ({ duration }: TracedSpan): string =>
  `${duration.toFixed(duration < 10 ? 1 : 0)} ms`;

function notesOf({ attempt = 1, values, status, isError }: TracedSpan, paint: Paint): string {
  const notes = [
    attempt > 1 ? paint('yellow', `attempt ${attempt}`) : '',
    values === undefined ? '' : `${values} values`,
    status === undefined && !isError
      ? ''
      : paint(isError ? 'red' : 'yellow', `${isError ? 'ERROR ' : ''}${status ?? ''}`.trim()),
  ];
  return notes.filter(Boolean).join(', ');
}

/** Breaks a message into lines, of which those behind the first are indented. */
function wrapped(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ');
  const isLong = line.length > MAX_MESSAGE_LENGTH;
  const shown = isLong ? `${line.slice(0, MAX_MESSAGE_LENGTH).trimEnd()}...` : line;
  return (shown.match(LINE) ?? []).map((part) => part.trimEnd()).join('\n  ');
}
