import { explainMissingPermission, explainWrongType } from './missing-permission.js';
import { isError } from '../errors/error-text.js';

/**
 * What it means that the server refused a call. A refused call was not carried out.
 *
 * - `passes`: the server cannot do it now. The same call succeeds once that is over, without anybody changing the call.
 * - `wrong server`: this server takes no writes, and another one does. The connection that hears it is replaced.
 * - `stays`: the call is refused until somebody changes the call, the data or the rights of the user.
 */
export type RefusalMeaning = 'temporary' | 'wrong server' | 'permanent';

/** What each code of an error means. A code that is not here means `permanent`. */
const MEANINGS: Readonly<Record<string, RefusalMeaning>> = {
  // Out of memory, until something is removed or `maxmemory` is raised.
  OOM: 'temporary',
  // Too few replicas (`min-replicas-to-write`).
  NOREPLICAS: 'temporary',
  // The last snapshot failed (`stop-writes-on-bgsave-error`), or the append-only file cannot be written.
  MISCONF: 'temporary',
  // The data set is being read from disk.
  LOADING: 'temporary',
  // A script or a module runs for long.
  BUSY: 'temporary',
  // A failover is being carried out, or slots of a Cluster are being moved.
  INPROG: 'temporary',
  TRYAGAIN: 'temporary',
  CLUSTERDOWN: 'temporary',
  // A replica took the place of its primary, or the other way round.
  READONLY: 'wrong server',
  // A blocking call was ended since its server became a replica.
  UNBLOCKED: 'wrong server',
  // A replica that lost its primary and answers nothing meanwhile (`replica-serve-stale-data no`).
  MASTERDOWN: 'wrong server',
};

/** Where an error stands inside another one, in a script on Redis 6.2 and at the end of a transaction. */
const INNER_CODES: Readonly<Record<string, RegExp>> = {
  // `ERR Error running script (call to f_...): @user_script:3: -OOM command ...`
  ERR: /@user_script: ?\d+: -?([A-Z]{3,})\b/,
  // `EXECABORT Transaction discarded because of: OOM command ...`
  EXECABORT: /^EXECABORT .*because of: -?([A-Z]{3,})\b/,
};

/** Whether Redis itself answered with an error, rather than the connection breaking before an answer came. */
export function isRefusal(error: unknown): error is Error {
  return isError(error) && error.name === 'ReplyError';
}

/** @returns the code that an error of Redis begins with, such as `OOM`; `ERR` where it has no better one. */
export function codeOfRefusal({ message }: Error): string {
  const [first = ''] = message.split(' ', 1);
  const outer = first === '' ? 'ERR' : first;
  const inner = Object.hasOwn(INNER_CODES, outer) ? INNER_CODES[outer]?.exec(message) : undefined;
  return inner?.[1] ?? outer;
}

/** @returns what a refusal means; `undefined` for an error that is none, after which nobody knows what was carried out. */
export function meaningOfRefusal(error: unknown): RefusalMeaning | undefined {
  if (!isRefusal(error)) {
    return undefined;
  }
  const code = codeOfRefusal(error);
  return Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : 'permanent';
}

/** Whether a call that failed with this error was refused, and succeeds when it is made again later. */
export function isTemporary(error: unknown): error is Error {
  const meaning = meaningOfRefusal(error);
  return meaning === 'temporary' || meaning === 'wrong server';
}

/** Ends a sentence that begins with the address of a server. */
export const IS_CLUSTER_NODE =
  'is a node of a Redis Cluster, which this version does not support: connect to a Redis without Cluster ' +
  '(Sentinel is supported)';

/** What only a node of a Cluster answers. */
const CLUSTER_CODES: ReadonlySet<string> = new Set(['CROSSSLOT', 'MOVED', 'ASK', 'CLUSTERDOWN']);

/** Where a server repeats a command that it does not know, with what was in it: a password, or a job. */
const REPEATED_ARGUMENTS = /,? with args beginning with:[^]*/i;

/** Where it tells the place in a script, which says nothing to a user: behind the words from Redis 7.0 on, before them in 6.2. */
const PLACE_IN_SCRIPT =
  /\.? script: \w+, on @user_script: ?\d+\.?|(?<=^ERR )Error running script \(call to \w+\): (?:@user_script: ?\d+: )*-?/g;

/**
 * @returns why a call was refused, to be shown: where, to whom and what to allow where a right is missing, or which key holds the
 * wrong data; else the server's own words, without what was sent to it, and what they mean where that is not plain.
 */
export function explainRefusal(error: Error): string {
  const code = codeOfRefusal(error);
  const explained =
    explainMissingPermission(error) ??
    (wordsOf(error).startsWith('WRONGTYPE Operation') ? explainWrongType(error) : undefined);
  if (explained !== undefined) {
    return explained;
  }
  return CLUSTER_CODES.has(code)
    ? `${wordsOf(error)} (the server ${IS_CLUSTER_NODE})`
    : wordsOf(error);
}

const wordsOf = ({ message }: Error): string =>
  withoutArguments(message)
    .replace(PLACE_IN_SCRIPT, '')
    .replace(/^ERR (?=[A-Z]{3,} )/, '');

/** @returns what an error of ioredis or Redis says, without what was sent. */
export const withoutArguments = (message: string): string =>
  message.replace(REPEATED_ARGUMENTS, '');

/** @returns an error that may be shown: that of a refusal has its command, with passwords and jobs in it. */
export function withoutCommand(error: Error): Error {
  if (meaningOfRefusal(error) === undefined) {
    return error;
  }
  const { name } = error;
  return Object.assign(new Error(explainRefusal(error)), { name, code: codeOfRefusal(error) });
}

/** How long the waits between tries get where somebody has to change something, ms. */
const LONGEST_WAIT_AFTER_PERMANENT_REFUSAL_MS = 5_000;

/** @returns how long the waits between tries get after an error, ms; `undefined` = as long as usual. */
export const longestWaitAfter = (error: unknown): number | undefined =>
  meaningOfRefusal(error) === 'permanent' ? LONGEST_WAIT_AFTER_PERMANENT_REFUSAL_MS : undefined;

/** @returns how a refusal is logged: as an error where it stays until somebody changes something. */
export const logLevelOf = (error: unknown): 'warn' | 'error' =>
  meaningOfRefusal(error) === 'permanent' ? 'error' : 'warn';
