import type { WorkerSnapshot } from '../../admin/worker-snapshot.js';
import { sinceText } from '../frame/duration-text.js';
import type { Output } from '../frame/output.js';
import { writeTable, type Column } from '../frame/table.js';

const COLUMNS: readonly Column<WorkerSnapshot>[] = [
  { title: 'QUEUE', of: ({ queue }) => queue, isCut: true },
  { title: 'HOST', of: ({ host }) => host, isCut: true },
  { title: 'PID', of: ({ pid }) => pid, isNumber: true },
  {
    title: 'RUNNING',
    of: ({ running, concurrency }) =>
      running === undefined ? '' : `${running}/${concurrency ?? ''}`,
    isNumber: true,
  },
  { title: 'DONE', of: ({ counts }) => counts.done, isNumber: true },
  { title: 'FAILED', of: ({ counts }) => counts.failed, isNumber: true },
  { title: 'UP', of: ({ startedAt }) => sinceText(startedAt), isNumber: true },
  { title: 'HANDLER', of: ({ handler }) => handler, isCut: true },
  { title: 'VERSION', of: ({ version }) => version ?? 'older', isCut: true },
  { title: '', of: ({ isPaused }) => (isPaused === true ? 'paused' : ''), style: () => 'yellow' },
];

/** Writes workers that are alive. */
export const writeWorkers = (workers: readonly WorkerSnapshot[], out: Output): void =>
  writeTable(workers, COLUMNS, 'No worker is alive.', out);
