import { ConnectionFailedError } from '../errors/index.js';
import type { Servers } from '../driver/shard.js';
import { UnusableServerError } from '../driver/server-trouble.js';
import { endsWithin } from '../driver/in-time.js';

/** Time for Redis to become usable where `failFast` is `true`, ms. */
export const DEFAULT_FAIL_FAST_MS = 5_000;

/** The part of the servers that a start with `failFast` needs. */
type UsedServers = Pick<Servers, 'usable' | 'trouble' | 'serverName' | 'runtime'>;

/**
 * Waits until Redis can be used, at most `ms`.
 * @throws ConnectionFailedError after `ms`, or at once where a person has to fix something, such as the password.
 */
export const waitUntilUsable = (ms: number, servers: UsedServers): Promise<void> =>
  finishWithin(ms, servers.usable(), servers, 'does not answer');

/**
 * Waits for work that needs Redis, at most `ms`.
 * @param pending - the step that the server has not taken, for the message where no other trouble is known.
 * @throws ConnectionFailedError after `ms`, or at once where the server is unusable.
 */
export async function finishWithin(
  ms: number,
  work: Promise<unknown>,
  servers: UsedServers,
  pending: string,
): Promise<void> {
  const isInTime = await endsWithin(ms, work, servers.runtime).catch((error: unknown) =>
    failStart(error, servers),
  );
  if (!isInTime) {
    const { trouble, serverName } = servers;
    const reason = trouble?.message ?? `${serverName} ${pending}`;
    throw new ConnectionFailedError(serverName, reason, ms, trouble && { cause: trouble });
  }
}

function failStart(error: unknown, { serverName }: UsedServers): never {
  throw error instanceof UnusableServerError
    ? new ConnectionFailedError(serverName, error.message, undefined, { cause: error })
    : error;
}
