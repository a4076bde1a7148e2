import type { RequestClient } from '../client/request-client.js';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import type { Driver } from '../driver/driver.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

const STOP_FAILED = 'Stopping the workers failed';

/** What is closed, and the log that tells of what fails. */
export interface Closing {
  readonly workers: Pick<ReplyWorkers, 'close'>;
  readonly client: Pick<RequestClient, 'close'>;
  readonly connections: Pick<Driver, 'close'>;
  readonly log: Log;
}

/**
 * Closes everything: the workers first, whose jobs may still send requests, then the client, then what both need. It never
 * fails, and closing twice does no harm.
 */
export async function closeInOrder({ workers, client, connections, log }: Closing): Promise<void> {
  await runStep(log, STOP_FAILED, () => workers.close());
  await runStep(log, 'Closing the client failed', () => client.close());
  connections.close();
  log.close();
}

/** Stops the workers, which may be started again. It never fails. */
export const stopWorkers = (workers: Pick<ReplyWorkers, 'stop'>, log: Log): Promise<void> =>
  runStep(log, STOP_FAILED, () => workers.stop());

/** One step of the end that fails must not keep the next from being taken. */
async function runStep(log: Log, failure: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${failure}: ${messageOf(error)}`);
  }
}
