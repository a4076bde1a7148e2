import { RemoteError } from 'nestjs-reqrep';
import type { Outcome } from './render-pictures.js';
import { formatTable, type Column } from './table.js';
import type { PictureSize } from './thumbnail-job.js';
import type { SampleWorker } from './sample-worker.js';

const COLUMNS: readonly Column[] = [
  { title: 'Picture', align: 'left' },
  { title: 'Before', align: 'right' },
  { title: 'kB', align: 'right' },
  { title: 'After', align: 'right' },
  { title: 'kB', align: 'right' },
  { title: 'Worker', align: 'left' },
  { title: 'ms', align: 'right' },
];

/** One row for each picture. */
export function formatOutcomes(
  outcomes: readonly Outcome[],
  workers: readonly SampleWorker[],
): string {
  return formatTable(
    COLUMNS,
    outcomes.map((outcome) => [
      outcome.file,
      ...('thumbnail' in outcome
        ? [...formatSize(outcome.thumbnail.before), ...formatSize(outcome.thumbnail.after)]
        : ['–', '–', outcome.error.name, '–']),
      nameWorker(pidOf(outcome), workers),
      outcome.ms.toFixed(0),
    ]),
  );
}

function formatSize({ width, height, bytes }: PictureSize): string[] {
  return [`${width} × ${height}`, (bytes / 1000).toFixed(1)];
}

/** Names the worker. With `REDIS_URL`, workers of another run of the sample may reply, too. */
function nameWorker(pid: number | undefined, workers: readonly SampleWorker[]): string {
  if (pid === undefined) {
    return '–';
  }
  return String(workers.find((worker) => worker.pid === pid) ?? `pid ${pid}`);
}

/** Returns the process that replied; an `UnreadablePictureError` has it in its details. */
function pidOf(outcome: Outcome): number | undefined {
  if ('thumbnail' in outcome) {
    return outcome.thumbnail.pid;
  }
  const { error } = outcome;
  const details = error instanceof RemoteError ? error.remote.details : undefined;
  return typeof details === 'object' && details !== null && 'pid' in details
    ? Number(details.pid)
    : undefined;
}
