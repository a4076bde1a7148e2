import { escaped } from '../../telemetry/log.js';
import type { Output, Style } from './output.js';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** @returns what the row has in the column; nothing for `undefined`. */
  readonly of: (row: Row) => string | number | undefined;
  /** Whether it is a number, which ends where the others end. */
  readonly isNumber?: boolean;
  /** Whether it may be cut, so that the table fits the terminal. */
  readonly isCut?: boolean;
  readonly style?: (row: Row) => Style | undefined;
}

/** Columns of the space between two columns. */
const GAP = 2;

/** The narrowest that a column is cut to. */
const NARROWEST = 8;

/** Writes rows: a JSON line each, or for people a table that fits the terminal. @param none - what people read where there are none. */
export function writeTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
  out: Output,
): void {
  if (!out.isForPeople) {
    rows.forEach((row) => out.json(row));
    return;
  }
  if (rows.length === 0) {
    out.text(none);
    return;
  }
  const cells = rows.map((row) => columns.map(({ of }) => escaped(String(of(row) ?? ''))));
  const widths = fitted(
    columns.map(({ title, isCut = false }, index) => ({
      width: Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
      isCut,
    })),
    out.width - GAP * (columns.length - 1),
  );
  const lineOf = (texts: readonly string[], style: (column: Column<Row>) => Style | undefined) =>
    columns
      .map((column, index) => {
        const width = widths[index] ?? 0;
        const text = cut(texts[index] ?? '', width);
        const space = ' '.repeat(width - text.length);
        const used = style(column);
        const styled = used === undefined ? text : out.styled(used, text);
        return column.isNumber === true ? space + styled : styled + space;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  out.line(
    lineOf(
      columns.map(({ title }) => title),
      () => 'bold',
    ),
  );
  rows.forEach((row, index) => out.line(lineOf(cells[index] ?? [], ({ style }) => style?.(row))));
}

interface Width {
  readonly width: number;
  readonly isCut: boolean;
}

/** @returns the widths, of which those that may be cut are narrower where all together are too wide: the widest first. */
function fitted(widths: readonly Width[], most: number): number[] {
  const left = widths.map(({ width }) => width);
  const isWide = (index: number): boolean =>
    widths[index]?.isCut === true && (left[index] ?? 0) > NARROWEST;
  for (;;) {
    const excess = left.reduce((sum, width) => sum + width, 0) - most;
    const wide = left.map((_, index) => index).filter(isWide);
    if (excess <= 0 || wide.length === 0) {
      return left;
    }
    const widest = Math.max(...wide.map((index) => left[index] ?? 0));
    left[left.findIndex((width, index) => width === widest && isWide(index))] = widest - 1;
  }
}

const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;
