import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import type { Driver } from '../driver/driver.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { endsWithin } from '../driver/in-time.js';

/** How long a start of workers may take before a line says so, ms. */
const SLOW_START_MS = 3_000;

/** What a start is told of the workers and of their connections. */
interface WatchedStart {
  readonly workers: Pick<ReplyWorkers, 'status'>;
  readonly connections: Pick<Driver, 'lost' | 'isReady' | 'runtime'>;
  readonly log: Log;
}

interface StartParts extends WatchedStart {
  readonly workers: Pick<ReplyWorkers, 'start' | 'status'>;
}

/**
 * Starts the workers. Waits until Redis knows them, but neither for a Redis that is away nor for long: an application starts
 * without it, and the workers as soon as they can.
 *
 * @throws what keeps them from ever starting.
 */
export const startWorkers = (parts: StartParts, longestWait?: number): Promise<void> =>
  watchStart(parts.workers.start(), parts, longestWait);

/**
 * Says where workers take long to start, and what becomes of these.
 * @returns when they have started, when Redis is away, or when that was said.
 * @throws what keeps them from ever starting, in that time.
 */
export async function watchStart(
  started: Promise<void>,
  { workers, connections, log }: WatchedStart,
  longestWait = SLOW_START_MS,
): Promise<void> {
  const startedOrLost = Promise.race([started, connections.lost()]);
  const isLate = !(await endsWithin(longestWait, startedOrLost, connections.runtime));
  if (isLate) {
    log.warn(`Not all workers serve their queues yet: ${reason(connections)}; retrying`);
  }
  started.then(
    () => {
      // Workers that were stopped before they were known have come to their end, too.
      if (isLate && workers.status.state === 'running') {
        log.info('All workers serve their queues now');
      }
    },
    (error: unknown) => log.error(`Starting the workers failed: ${messageOf(error)}`),
  );
}

const reason = ({ isReady }: WatchedStart['connections']): string =>
  isReady
    ? 'Redis has not confirmed the first lease of each worker'
    : 'Redis does not answer, or reports that it is not ready';
