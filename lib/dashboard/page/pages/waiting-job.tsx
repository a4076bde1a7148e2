import type { WaitingJobView } from '../../dashboard-api.js';
import { api } from '../api.js';
import { durationText } from '../format/times.js';
import { visibleText } from '../format/visible-text.js';
import { ActionButton } from '../parts/action-button.js';
import { DataView } from '../parts/data-view.js';
import { HeadersView } from '../parts/headers-view.js';
import { useCanWrite } from '../parts/settings.js';

interface WaitingJobProps {
  readonly queue: string;
  readonly job: WaitingJobView;
  readonly at: number;
  readonly onRemoved: () => void;
}

/** A job that waits: a line, and what it holds where somebody opens it. */
export function WaitingJob({ queue, job, at, onRemoved }: WaitingJobProps) {
  const canWrite = useCanWrite();
  const { id, kind, attempt, pushedAt, deadline, problem, headers, data } = job;
  const remove = async (jobId: string | number): Promise<string> => {
    const { count } = await api.removeJob({ queue, id: jobId });
    onRemoved();
    return count === 0 ? 'The job does not wait any more.' : 'Removed the job.';
  };
  return (
    <li>
      <details>
        <summary>
          <bdi class="id">{id === undefined ? 'unreadable' : visibleText(String(id))}</bdi>
          <span class="tag">{kind ?? 'no job'}</span>
          {attempt > 1 && <span class="tag warn">attempt {attempt}</span>}
          <span class="quiet">
            {pushedAt !== undefined && `waits for ${durationText(at - pushedAt)}`}
            {deadline !== undefined &&
              (deadline > at ? `, for ${durationText(deadline - at)} more` : ', expired')}
          </span>
        </summary>
        {problem !== undefined && (
          <p class="bad">It cannot be read, and becomes a dead letter: {visibleText(problem)}</p>
        )}
        <HeadersView headers={headers} />
        <DataView
          view={data}
          load={async () => (id === undefined ? data : (await api.job(queue, id)).data)}
        />
        {canWrite && id !== undefined && (
          <div class="buttons">
            <ActionButton
              isDangerous
              question="Remove this job? Its caller gets an error at once. This cannot be undone."
              answer="Remove"
              act={() => remove(id)}
            >
              Remove
            </ActionButton>
          </div>
        )}
      </details>
    </li>
  );
}
