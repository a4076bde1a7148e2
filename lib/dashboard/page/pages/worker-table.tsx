import type { WorkerSnapshot } from '../../../admin/worker-snapshot.js';
import { shortCount } from '../format/numbers.js';
import { clockText, durationText } from '../format/times.js';
import { visibleText } from '../format/visible-text.js';
import { Load } from '../parts/load.js';
import { Name } from '../parts/name.js';
import { linkToQueue } from '../route.js';

interface WorkerTableProps {
  readonly workers: readonly WorkerSnapshot[];
  readonly at: number;
  /** Whether to name the queue of each. */
  readonly hasQueues?: boolean | undefined;
}

/** Workers, each of one queue of a process. */
export function WorkerTable({ workers, at, hasQueues = false }: WorkerTableProps) {
  if (workers.length === 0) {
    return <p class="empty">No worker is alive: jobs wait until one starts.</p>;
  }
  return (
    <div class="scroll">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Host and process</th>
            {hasQueues && <th scope="col">Queue</th>}
            <th scope="col">Handler</th>
            <th scope="col">Running</th>
            <th scope="col">Done</th>
            <th scope="col">Failed</th>
            <th scope="col">Up for</th>
            <th scope="col" title="When others take over its jobs, unless it is heard of before">
              Lease
            </th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody class="worker-rows">
          {workers.map((worker) => (
            <Row
              key={`${worker.id} ${worker.queue}`}
              worker={worker}
              at={at}
              hasQueue={hasQueues}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly worker: WorkerSnapshot;
  readonly at: number;
  readonly hasQueue: boolean;
}

function Row({ worker, at, hasQueue }: RowProps) {
  const { id, host, pid, queue, handler, version, concurrency, running, startedAt } = worker;
  const { counts, isPaused, leaseUntil } = worker;
  return (
    <tr>
      <th scope="row" title={visibleText(id)}>
        <Name text={host} /> <span class="quiet">{pid ?? '?'}</span>
        {isPaused === true && <span class="tag warn">paused</span>}
      </th>
      {hasQueue && (
        <td data-title="Queue">
          <a href={linkToQueue(queue)}>
            <Name text={queue} />
          </a>
        </td>
      )}
      <td data-title="Handler">
        <bdi>{handler === undefined ? '–' : visibleText(handler)}</bdi>
      </td>
      <td data-title="Running">
        {running === undefined ? '–' : <Load running={running} concurrency={concurrency} />}
      </td>
      <td data-title="Done">{shortCount(counts.done)}</td>
      <td data-title="Failed" class={counts.failed > 0 ? 'bad' : 'quiet'}>
        {shortCount(counts.failed)}
      </td>
      <td
        data-title="Up for"
        title={startedAt === undefined ? undefined : `since ${clockText(startedAt)}`}
      >
        {startedAt === undefined ? '–' : durationText(at - startedAt)}
      </td>
      <td data-title="Lease" class={leaseUntil < at ? 'bad' : undefined}>
        {leaseUntil < at ? 'lapsed' : durationText(leaseUntil - at)}
      </td>
      <td data-title="Version">
        {version === undefined ? <span class="tag warn">earlier</span> : visibleText(version)}
      </td>
    </tr>
  );
}
