import type { ComponentChildren } from 'preact';
import { countText, rateText, shortCount } from '../format/numbers.js';
import { durationText, percentilesText } from '../format/times.js';
import { Name } from '../parts/name.js';
import { SparkLine } from '../parts/spark-line.js';
import { linkToDead, linkToQueue } from '../route.js';
import type { Order, QueueRow, SortKey } from './queue-rows.js';

interface QueueTableProps {
  readonly rows: readonly QueueRow[];
  /** The moment of the look, ms since the epoch. */
  readonly until: number;
  readonly order: Order;
  readonly onOrder: (key: SortKey) => void;
}

/** The columns behind the name and the chart. */
const COLUMNS: readonly (readonly [key: SortKey, title: string, meaning?: string])[] = [
  ['waiting', 'Waiting'],
  ['age', 'Oldest', 'How long the oldest job has waited'],
  ['running', 'Running'],
  ['rate', 'Jobs/s', 'Jobs a second that ended, in the last 10 seconds'],
  ['waitP95', 'Wait', 'Half, and 95 of 100 jobs of the last two minutes waited no longer'],
  ['runP95', 'Run', 'Half, and 95 of 100 jobs of the last two minutes ran no longer'],
  ['failures', 'Failed', 'Jobs of the last two minutes that failed'],
  ['dead', 'Dead'],
  ['workers', 'Workers'],
];

/** The queues, one in each row; on a narrow screen one in each card. */
export function QueueTable({ rows, until, order, onOrder }: QueueTableProps) {
  const head = (key: SortKey, title: string, meaning?: string) => {
    const isChosen = order.key === key;
    const direction = order.isDescending ? 'descending' : 'ascending';
    return (
      <th key={key} scope="col" aria-sort={isChosen ? direction : undefined}>
        <button type="button" title={meaning} onClick={() => onOrder(key)}>
          {title}
          {title === 'Wait' || title === 'Run' ? <small> p50 · p95</small> : ''}
          <span class="arrow" aria-hidden="true">
            {isChosen ? (order.isDescending ? '↓' : '↑') : ''}
          </span>
        </button>
      </th>
    );
  };
  return (
    <div class="scroll">
      <table class="queues">
        <thead>
          <tr>
            {head('queue', 'Queue')}
            <th scope="col">Last 2 min</th>
            {COLUMNS.map(([key, title, meaning]) => head(key, title, meaning))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.queue} row={row} until={until} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row, until }: { readonly row: QueueRow; readonly until: number }) {
  return (
    <tr>
      <th scope="row">
        <a href={linkToQueue(row.queue)}>
          <Name text={row.queue} />
        </a>
        {row.isPaused && <span class="tag warn">paused</span>}
      </th>
      <td class="chart-cell">
        <SparkLine points={row.points} until={until} label="Jobs a second, the last two minutes" />
      </td>
      <Cell title="Waiting" isQuiet={row.waiting === 0}>
        {shortCount(row.waiting)}
      </Cell>
      <Cell title="Oldest" isQuiet={row.waiting === 0}>
        {row.waiting === 0 ? '–' : durationText(row.age)}
      </Cell>
      <Cell title="Running" isQuiet={row.running === 0}>
        {shortCount(row.running)}
      </Cell>
      <Cell title="Jobs/s" isQuiet={!row.rate}>
        {row.rate === undefined ? '–' : rateText(row.rate)}
      </Cell>
      <Cell title="Wait p50 · p95" isQuiet={row.waitP50 === undefined}>
        {percentilesText(row.waitP50, row.waitP95)}
      </Cell>
      <Cell title="Run p50 · p95" isQuiet={row.runP50 === undefined}>
        {percentilesText(row.runP50, row.runP95)}
      </Cell>
      <Cell title="Failed" isQuiet={!row.failures} isBad={(row.failures ?? 0) > 0}>
        {row.failures === undefined ? '–' : shareText(row.failures)}
      </Cell>
      <Cell title="Dead" isQuiet={row.dead === 0} isBad={row.dead > 0}>
        {row.dead === 0 ? '0' : <a href={linkToDead(row.queue)}>{shortCount(row.dead)}</a>}
      </Cell>
      <Cell title="Workers" isBad={row.workers === 0 && row.waiting > 0}>
        {countText(row.workers)}
      </Cell>
    </tr>
  );
}

interface CellProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly isQuiet?: boolean | undefined;
  readonly isBad?: boolean | undefined;
}

function Cell({ title, children, isQuiet = false, isBad = false }: CellProps) {
  return (
    <td data-title={title} class={isBad ? 'bad' : isQuiet ? 'quiet' : undefined}>
      {children}
    </td>
  );
}

/** `0 %`, `< 1 %`, `12 %` */
function shareText(share: number): string {
  return share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;
}
