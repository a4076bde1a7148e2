import { ConnectionFailedError } from '../errors/index.js';
import type { Driver } from '../driver/driver.js';
import { UnusableServerError } from '../driver/server-trouble.js';
import { endsWithin } from '../driver/in-time.js';

/** How long Redis may take to be usable where `failFast` is `true`, ms. */
export const DEFAULT_FAIL_FAST_MS = 5_000;

/** What a start that fails fast asks of the connections. */
type Server = Pick<Driver, 'usable' | 'trouble' | 'serverName' | 'runtime'>;

/**
 * Waits until Redis can be used, for so long at most, ms.
 * @throws ConnectionFailedError at once where Redis refuses us until somebody changes something, and when the time is up.
 */
export const waitUntilUsable = (ms: number, connections: Server): Promise<void> =>
  finishWithin(ms, connections.usable(), connections, 'does not answer');

/**
 * Waits for something that needs Redis, for so long at most, ms.
 * @param pending - what has not come about where nothing is known to be wrong with Redis.
 * @throws ConnectionFailedError where the server turns out to be of no use, and when the time is up.
 */
export async function finishWithin(
  ms: number,
  work: Promise<unknown>,
  connections: Server,
  pending: string,
): Promise<void> {
  const isInTime = await endsWithin(ms, work, connections.runtime).catch((error: unknown) =>
    failStart(error, connections),
  );
  if (!isInTime) {
    const { trouble, serverName } = connections;
    const reason = trouble?.message ?? `${serverName} ${pending}`;
    throw new ConnectionFailedError(serverName, reason, ms, trouble && { cause: trouble });
  }
}

function failStart(error: unknown, { serverName }: Server): never {
  throw error instanceof UnusableServerError
    ? new ConnectionFailedError(serverName, error.message, undefined, { cause: error })
    : error;
}
