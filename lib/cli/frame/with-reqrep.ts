import type { ReqRep } from '../../core/create-reqrep.js';
import type { CommandCall } from './command.js';
import { placeOf } from './global-options.js';
import { withPeers } from './peers.js';
import { unusedCluster, withShardSettings } from './shard-settings.js';

/** Longest wait for the first answer of Redis, ms. */
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Opens a client for a command, and closes it at the end.
 * @throws ConnectionFailedError if Redis does not answer; InvalidOptionError for a wrong URL; the errors of `use`.
 */
export async function withReqRep<Result>(
  { globals, signal }: Pick<CommandCall, 'globals' | 'signal'>,
  use: (reqRep: ReqRep) => Promise<Result>,
): Promise<Result> {
  const { createReqRep } = await withPeers(() => import('../../core/create-reqrep.js'));
  const completed = await Promise.race([withShardSettings(globals), whenAborted(signal)]);
  if (!completed) {
    throw unusedCluster(globals);
  }
  // Troubles end the command, and are its error.
  const reqRep = createReqRep({ ...placeOf(completed), logger: false });
  try {
    return await Promise.race([
      reqRep.client.ping({ timeout: CONNECT_TIMEOUT_MS }).then(() => use(reqRep)),
      whenAborted(signal),
    ]);
  } finally {
    await reqRep.close();
  }
}

/** Rejects when a signal aborts. */
export const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
    }
  });
