import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import type { Servers } from '../driver/shard.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { endsWithin } from '../driver/in-time.js';

/** Time after which a start of workers that has not finished is logged, ms. */
const SLOW_START_MS = 3_000;

/** The parts that are needed to watch a start. */
interface WatchedStart {
  readonly workers: Pick<ReplyWorkers, 'status'>;
  readonly servers: Pick<Servers, 'lost' | 'isReady' | 'runtime'>;
  readonly log: Log;
}

interface StartParts extends WatchedStart {
  readonly workers: Pick<ReplyWorkers, 'start' | 'status'>;
}

/**
 * Starts the workers and waits until they have registered in Redis, but neither for long nor for an unreachable Redis: the
 * application starts without Redis, and the workers start as soon as they can.
 *
 * @throws the error that keeps the workers from ever starting.
 */
export const startWorkers = (parts: StartParts, longestWait?: number): Promise<void> =>
  watchStart(parts.workers.start(), parts, longestWait);

/**
 * Watches a start of workers: logs a slow start, and how a slow start ended.
 * @returns when the workers have started, the connection is lost, or the slow start was logged.
 * @throws the error that keeps the workers from ever starting, if it occurs in that time.
 */
export async function watchStart(
  started: Promise<void>,
  { workers, servers, log }: WatchedStart,
  longestWait = SLOW_START_MS,
): Promise<void> {
  const startedOrLost = Promise.race([started, servers.lost()]);
  const isLate = !(await endsWithin(longestWait, startedOrLost, servers.runtime));
  if (isLate) {
    log.warn(`Not all workers serve their queues yet: ${reason(servers)}; retrying`);
  }
  started.then(
    () => {
      // A start also finishes when the workers are stopped before they have registered.
      if (isLate && workers.status.state === 'running') {
        log.info('All workers serve their queues now');
      }
    },
    (error: unknown) => log.error(`Starting the workers failed: ${messageOf(error)}`),
  );
}

const reason = ({ isReady }: WatchedStart['servers']): string =>
  isReady
    ? 'Redis has not confirmed the first lease of each worker'
    : 'Redis does not answer, or reports that it is not ready';
