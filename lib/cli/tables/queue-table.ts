import type { QueueSnapshot } from '../../admin/queue-snapshot.js';
import { durationText } from '../frame/duration-text.js';
import type { Output } from '../frame/output.js';
import { writeTable, type Column } from '../frame/table.js';

/** A queue, and how many jobs a second have ended since the look before. */
export type QueueRow = QueueSnapshot & { readonly perSecond?: number | undefined };

const COLUMNS: readonly Column<QueueRow>[] = [
  { title: 'QUEUE', of: ({ queue }) => queue, isCut: true },
  { title: 'WAITING', of: ({ waiting }) => waiting, isNumber: true },
  {
    title: 'OLDEST',
    of: ({ waiting, age }) => (waiting === 0 ? '' : durationText(age)),
    isNumber: true,
  },
  { title: 'RUNNING', of: ({ running }) => running, isNumber: true },
  {
    title: 'WORKERS',
    of: ({ workers }) => workers,
    isNumber: true,
    style: ({ workers, waiting }) => (workers === 0 && waiting > 0 ? 'red' : undefined),
  },
  { title: 'DONE', of: ({ counts }) => counts.done, isNumber: true },
  { title: 'FAILED', of: ({ counts }) => counts.failed, isNumber: true },
  {
    title: 'DEAD',
    of: ({ dead }) => dead,
    isNumber: true,
    style: ({ dead }) => (dead > 0 ? 'red' : undefined),
  },
  { title: '', of: ({ isPaused }) => (isPaused ? 'paused' : ''), style: () => 'yellow' },
];

const RATE: Column<QueueRow> = {
  title: 'PER S',
  of: ({ perSecond }) => perSecond?.toFixed(1),
  isNumber: true,
};

/** Writes queues. @param hasRates - whether the rates are a column of the table. */
export function writeQueues(queues: readonly QueueRow[], out: Output, hasRates = false): void {
  const columns = hasRates ? [...COLUMNS.slice(0, -1), RATE, ...COLUMNS.slice(-1)] : COLUMNS;
  writeTable(queues, columns, 'No queue was served within 90 days.', out);
}
