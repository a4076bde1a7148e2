import type { RequestClient } from '../client/request-client.js';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../telemetry/log.js';
import type { Servers } from '../driver/shard.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import type { Engine } from './engine.js';

const STOP_FAILED = 'Stopping the workers failed';

/** The parts to close, and the log for failures. */
export interface Closing {
  /** Left out where an instance only sends. */
  readonly workers?: Pick<ReplyWorkers, 'close'> | undefined;
  /** Left out where an instance only serves queues. */
  readonly client?: Pick<RequestClient, 'close'> | undefined;
  readonly servers: Pick<Servers, 'close'>;
  readonly engine: Pick<Engine, 'close'>;
  readonly log: Log;
}

/**
 * Closes the workers first, since their jobs may still send requests, then the client, then the connections. Never fails;
 * closing twice does no harm.
 */
export async function closeInOrder({
  workers,
  client,
  servers,
  engine,
  log,
}: Closing): Promise<void> {
  await runStep(log, STOP_FAILED, async () => workers?.close());
  await runStep(log, 'Closing the client failed', async () => client?.close());
  servers.close();
  engine.close();
  log.close();
}

/** Stops the workers, which may be started again. Never fails. */
export const stopWorkers = (workers: Pick<ReplyWorkers, 'stop'>, log: Log): Promise<void> =>
  runStep(log, STOP_FAILED, () => workers.stop());

/** Runs one step. A step that fails is logged, so that the next one still runs. */
async function runStep(log: Log, failure: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${failure}: ${messageOf(error)}`);
  }
}
