import type { QueueLook } from '../../dashboard-api.js';
import type { QueueSnapshot } from '../../../admin/queue-snapshot.js';
import type { History } from '../looks/history.js';
import { rateText, shortCount } from '../format/numbers.js';
import { durationText } from '../format/times.js';
import { Figure } from '../parts/figure.js';
import { Name } from '../parts/name.js';
import { linkToDead, QUEUES } from '../route.js';
import { QueueActions } from './queue-actions.js';
import { QueueCharts } from './queue-charts.js';
import { RunningJobs } from './running-jobs.js';
import { WaitingJobs } from './waiting-jobs.js';
import { WorkerTable } from './worker-table.js';

interface QueuePageProps {
  readonly name: string;
  readonly look: QueueLook | undefined;
  readonly history: History;
}

/** One queue: what waits, what runs, and who serves it. */
export function QueuePage({ name, look, history }: QueuePageProps) {
  const samples = history.of(name);
  return (
    <>
      <p class="back">
        <a href={QUEUES}>All queues</a>
      </p>
      <div class="heading">
        <h1>
          <Name text={name} />
          {look?.queue.isPaused === true && <span class="tag warn">paused</span>}
        </h1>
        {look && <QueueActions queue={look.queue} />}
      </div>
      {look === undefined ? (
        <p class="quiet">Looking …</p>
      ) : (
        <>
          <Figures queue={look.queue} rate={samples.at(-1)?.rate?.ended} />
          <QueueCharts samples={samples} until={samples.at(-1)?.at ?? look.at} />
          <RunningJobs running={look.running} workers={look.workers} at={look.at} />
          <WaitingJobs queue={look.queue} first={look.waiting} at={look.at} />
          <section aria-labelledby="workers-title">
            <h2 id="workers-title">Workers</h2>
            <WorkerTable workers={look.workers} at={look.at} />
          </section>
        </>
      )}
    </>
  );
}

interface FiguresProps {
  readonly queue: QueueSnapshot;
  /** Jobs a second that ended; `undefined` before the second look. */
  readonly rate: number | undefined;
}

function Figures({ queue, rate }: FiguresProps) {
  return (
    <dl class="figures">
      <Figure name="Waiting" value={shortCount(queue.waiting)} />
      <Figure name="Oldest" value={queue.waiting === 0 ? '–' : durationText(queue.age)} />
      <Figure name="Running" value={shortCount(queue.running)} />
      <Figure name="Jobs a second" value={rate === undefined ? '–' : rateText(rate)} />
      <Figure name="Workers" value={shortCount(queue.workers)} isBad={queue.workers === 0} />
      <Figure
        name="Dead letters"
        value={<a href={linkToDead(queue.queue)}>{shortCount(queue.dead)}</a>}
        isBad={queue.dead > 0}
      />
    </dl>
  );
}
