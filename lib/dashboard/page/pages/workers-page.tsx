import type { WorkersLook } from '../../dashboard-api.js';
import { amount } from '../format/numbers.js';
import { WorkerTable } from './worker-table.js';

/** All workers that are alive. */
export function WorkersPage({ look }: { readonly look: WorkersLook | undefined }) {
  if (look === undefined) {
    return <p class="quiet">Looking …</p>;
  }
  const { at, workers } = look;
  const processes = new Set(workers.map(({ host, pid }) => `${host} ${pid}`)).size;
  return (
    <>
      <div class="heading">
        <h1>Workers</h1>
        <p class="quiet">
          {amount(workers.length, 'worker')} in {amount(processes, 'process', 'processes')}. A
          process has one for each of its queues.
        </p>
      </div>
      <WorkerTable workers={workers} at={at} hasQueues />
    </>
  );
}
