import type { RunningJobs as Running } from '../../../admin/running-jobs.js';
import type { WorkerSnapshot } from '../../../admin/worker-snapshot.js';
import { amount } from '../format/numbers.js';
import { durationText } from '../format/times.js';
import { visibleText } from '../format/visible-text.js';

/** Jobs that are shown: a page with thousands helps nobody. */
const SHOWN_JOBS = 20;

interface RunningJobsProps {
  readonly running: Running;
  readonly workers: readonly WorkerSnapshot[];
  readonly at: number;
}

/** The jobs that run, from the one that has run for longest. */
export function RunningJobs({ running: { jobs, silent }, workers, at }: RunningJobsProps) {
  const placeOf = (id: string): string => {
    const worker = workers.find((each) => each.id === id);
    return worker === undefined ? id : `${worker.host}, process ${worker.pid ?? '?'}`;
  };
  return (
    <section aria-labelledby="running-title">
      <h2 id="running-title">Running</h2>
      {silent.length > 0 && (
        <p class="quiet">
          {amount(silent.length, 'worker')} did not say what they run: busy, gone, or of an earlier
          version of the library.
        </p>
      )}
      {jobs.length === 0 ? (
        <p class="empty">No job runs.</p>
      ) : (
        <div class="scroll">
          <table class="cards">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">Runs for</th>
                <th scope="col">Attempt</th>
                <th scope="col">Worker</th>
              </tr>
            </thead>
            <tbody class="running-rows">
              {jobs.slice(0, SHOWN_JOBS).map(({ id, worker, since, attempt }) => (
                <tr key={`${worker} ${id}`}>
                  <th scope="row" class="id">
                    <bdi>{visibleText(String(id))}</bdi>
                  </th>
                  <td data-title="Runs for">{durationText(at - since)}</td>
                  <td data-title="Attempt">{attempt}</td>
                  <td data-title="Worker">
                    <bdi>{visibleText(placeOf(worker))}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {jobs.length > SHOWN_JOBS && (
        <p class="quiet">And {amount(jobs.length - SHOWN_JOBS, 'more job', 'more jobs')}.</p>
      )}
    </section>
  );
}
