import { messageOf } from '../errors/error-text.js';
import { ConnectionFailedError } from '../errors/index.js';
import { ServerTroubleError, UnusableServerError } from './server-trouble.js';
import type { Shard, Shards } from './shard.js';

/** What to do, as the end of a message. */
const ADVICE = 'Check the server, and the network on the way to it.';

type Named = Pick<Shards, 'servers'>;

/**
 * @param ms - how long an answer was waited for.
 * @param silence - what the server did not do, such as `does not answer a ping`, for where nothing else is known.
 * @param refusal - why the server serves nobody now, in words.
 * @returns the error of a call that was not answered in time.
 */
export function lateCall(
  shards: Named,
  { driver: { trouble } }: Shard,
  ms: number,
  silence: string,
  refusal: string | undefined,
): ConnectionFailedError {
  const name = nameOf(shards);
  const reason = trouble?.message ?? refusal ?? `${name} ${silence}`;
  const cause = trouble && { cause: trouble };
  return new ConnectionFailedError(name, reason, ms, { ...cause, advice: ADVICE });
}

/** @returns the error of a call that can never be answered, until somebody corrects something or at all. */
export function failedCall(shards: Named, error: unknown): ConnectionFailedError {
  const name = nameOf(shards);
  const reason =
    error instanceof ServerTroubleError
      ? error.message
      : `${name} cannot be asked (${messageOf(error)})`;
  // Such an error says itself what to correct.
  const advice = error instanceof UnusableServerError ? '' : ADVICE;
  return new ConnectionFailedError(name, reason, undefined, { cause: error, advice });
}

/** @returns the name for messages. Connections that were closed before their first use do not know it. */
function nameOf({ servers }: Named): string {
  try {
    return servers.serverName;
  } catch {
    return 'Redis';
  }
}
