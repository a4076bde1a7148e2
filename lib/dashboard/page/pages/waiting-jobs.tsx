import { useEffect, useState } from 'preact/hooks';
import type { QueueSnapshot } from '../../../admin/queue-snapshot.js';
import type { WaitingJobView } from '../../dashboard-api.js';
import { api } from '../api.js';
import { Pager } from '../parts/pager.js';
import { useNotice } from '../parts/notices.js';
import { WaitingJob } from './waiting-job.js';

/** Jobs on one page. */
const PAGE_SIZE = 20;

interface WaitingJobsProps {
  readonly queue: QueueSnapshot;
  /** The first jobs, as the last look has seen them. */
  readonly first: readonly WaitingJobView[];
  readonly at: number;
}

/** The jobs that wait, from the one that is taken next. Those at the head follow the looks; further ones are read once, and when one was removed. */
export function WaitingJobs({ queue: { queue, waiting }, first, at }: WaitingJobsProps) {
  const [skip, setSkip] = useState(0);
  const [reads, setReads] = useState(0);
  const [further, setFurther] = useState<readonly WaitingJobView[]>([]);
  const notice = useNotice();
  useEffect(() => {
    if (skip === 0) {
      return undefined;
    }
    let isOver = false;
    api.jobs(queue, skip, PAGE_SIZE).then(
      (jobs) => !isOver && setFurther(jobs),
      (error: unknown) => !isOver && notice.failed(error),
    );
    return () => {
      isOver = true;
    };
  }, [queue, skip, reads, notice]);
  const jobs = skip === 0 ? first.slice(0, PAGE_SIZE) : further;
  return (
    <section aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting</h2>
      {jobs.length === 0 && <p class="empty">No job waits{skip > 0 && ' here'}.</p>}
      <ol class="entries" start={skip + 1}>
        {jobs.map((job, index) => (
          <WaitingJob
            key={job.id ?? `unreadable ${index}`}
            queue={queue}
            job={job}
            at={at}
            onRemoved={() => setReads(reads + 1)}
          />
        ))}
      </ol>
      <Pager skip={skip} limit={PAGE_SIZE} count={waiting} onSkip={setSkip} />
    </section>
  );
}
