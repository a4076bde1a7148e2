import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../observability/log.js';
import type { Driver } from '../driver/driver.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/** How long an application waits for its workers before it starts without them, ms. */
const LONGEST_WAIT_MS = 3_000;

/** What the start of the workers asks of them and of their connections. */
interface Parts {
  readonly workers: Pick<ReplyWorkers, 'start' | 'status'>;
  readonly connections: Pick<Driver, 'lost' | 'isReady'>;
  readonly log: Log;
}

/**
 * Starts the workers. Waits until Redis knows them, but neither for a Redis that is away nor for long: an application starts
 * without it, and the workers as soon as they can.
 *
 * @throws what keeps them from ever starting.
 */
export async function startWorkers(
  { workers, connections, log }: Parts,
  longestWait = LONGEST_WAIT_MS,
): Promise<void> {
  const started = workers.start();
  const waiting = new AbortController();
  const { signal } = waiting;
  const first = await Promise.race([
    started,
    connections.lost(),
    delay(longestWait, 'late' as const, { signal }).catch(() => undefined),
  ]).finally(() => waiting.abort());
  if (first === 'late') {
    log.warn(`Not all workers serve their queues yet: ${reason(connections)}. They go on trying`);
  }
  started.then(
    () => {
      // Workers that were stopped before they were known have come to their end, too.
      if (first === 'late' && workers.status.state === 'running') {
        log.info('All workers serve their queues now');
      }
    },
    (error: unknown) => log.error(`The workers did not start: ${messageOf(error)}`),
  );
}

const reason = ({ isReady }: Parts['connections']): string =>
  isReady
    ? 'Redis has not taken the first sign of life of each'
    : 'Redis does not answer, or says that it is not ready';
