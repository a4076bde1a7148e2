import type { RequestClient } from '../client/request-client.js';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import type { Driver } from '../driver/driver.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/** What is closed, and the log that tells of what fails. */
export interface Closing {
  readonly workers: Pick<ReplyWorkers, 'stop'>;
  readonly client: Pick<RequestClient, 'close'>;
  readonly connections: Pick<Driver, 'close'>;
  readonly log: Log;
}

/**
 * Closes everything: the workers first, whose jobs may still send requests, then the client, then what both need. It never
 * fails, and closing twice does no harm.
 */
export async function closeInOrder(closing: Closing): Promise<void> {
  const { client, connections, log } = closing;
  await stopWorkers(closing);
  await attempt(log, 'The client did not close in order', () => client.close());
  connections.close();
  log.close();
}

/** Stops the workers. It never fails. */
export const stopWorkers = ({ workers, log }: Closing): Promise<void> =>
  attempt(log, 'The workers did not stop in order', () => workers.stop());

/** One step of the end that fails must not keep the next from being taken. */
async function attempt(log: Log, failure: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${failure}: ${messageOf(error)}`);
  }
}
