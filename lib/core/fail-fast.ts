import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionFailedError } from '../errors/index.js';
import type { Driver } from '../driver/driver.js';
import { UnusableServerError } from '../driver/server-trouble.js';

/** How long Redis may take to be usable where `failFast` is `true`, ms. */
export const FAIL_FAST_MS = 5_000;

/** What a start that fails fast asks of the connections. */
type Server = Pick<Driver, 'usable' | 'trouble' | 'serverName'>;

const LATE = Symbol('late');

/**
 * Waits until Redis can be used, for so long at most.
 * @throws ConnectionFailedError at once where Redis refuses us until somebody changes something, and when the time is up.
 */
export async function usableWithin(ms: number, connections: Server): Promise<void> {
  try {
    await within(ms, connections.usable(), connections, 'it does not answer');
  } catch (error) {
    throw error instanceof UnusableServerError
      ? new ConnectionFailedError(connections.serverName, error.message, undefined, {
          cause: error,
        })
      : error;
  }
}

/**
 * Waits for something that needs Redis, for so long at most.
 * @param what - what has not come about where nothing is known to be wrong with Redis.
 * @throws ConnectionFailedError when the time is up.
 */
export async function within(
  ms: number,
  work: Promise<void>,
  connections: Server,
  what: string,
): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const first = await Promise.race([
    work,
    delay(ms, LATE, { signal }).catch(() => undefined),
  ]).finally(() => waiting.abort());
  if (first === LATE) {
    const { trouble, serverName } = connections;
    const reason = trouble?.message ?? `${serverName}: ${what}`;
    throw new ConnectionFailedError(serverName, reason, ms, trouble && { cause: trouble });
  }
}
