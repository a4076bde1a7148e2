import { explainMissingPermission, explainWrongType } from './missing-permission.js';
import { isError } from '../errors/error-text.js';

/**
 * The meaning of a refusal. A refused call was not carried out.
 *
 * - `temporary`: the server cannot do it now. The same call succeeds later.
 * - `wrong server`: this server accepts no writes, and another one does. The connection is replaced.
 * - `permanent`: the call is refused until somebody changes the call, the data or the permissions of the user.
 */
export type RefusalMeaning = 'temporary' | 'wrong server' | 'permanent';

/** Meaning of each error code. Other codes mean `permanent`. */
const MEANINGS: Readonly<Record<string, RefusalMeaning>> = {
  // Out of memory, until data is removed or `maxmemory` is raised.
  OOM: 'temporary',
  // Too few replicas (`min-replicas-to-write`).
  NOREPLICAS: 'temporary',
  // The last snapshot failed (`stop-writes-on-bgsave-error`), or the append-only file cannot be written.
  MISCONF: 'temporary',
  // The server is loading its data from disk.
  LOADING: 'temporary',
  // A script or a module has been running for long.
  BUSY: 'temporary',
  // A failover is in progress, or slots of a Cluster are being moved.
  INPROG: 'temporary',
  TRYAGAIN: 'temporary',
  // The slot of the keys is being moved to another node of a Cluster.
  ASK: 'temporary',
  // Another node of a Cluster owns the slot of the keys.
  MOVED: 'wrong server',
  // The node has lost the other masters of a Cluster, or slots have no owner.
  CLUSTERDOWN: 'wrong server',
  // The server is a replica, for example after a failover.
  READONLY: 'wrong server',
  // A blocking call ended because its server became a replica.
  UNBLOCKED: 'wrong server',
  // The server is a replica that has lost its primary and serves no data (`replica-serve-stale-data no`).
  MASTERDOWN: 'wrong server',
};

/** The code of an error in a script, behind the line of the script. */
const IN_SCRIPT = /@user_script: ?\d+: -?([A-Z]{3,})\b/;

/** Patterns of an inner error code: in an error of a script on Redis 6.2, and at the end of a transaction. */
const INNER_CODES: Readonly<Record<string, RegExp>> = {
  // `ERR Error running script (call to f_...): @user_script:3: -OOM command ...`
  ERR: IN_SCRIPT,
  // `@user_script: 3: -OOM command ...`, where the script returns what a `pcall` has answered
  '@user_script:': IN_SCRIPT,
  // `EXECABORT Transaction discarded because of: OOM command ...`
  EXECABORT: /^EXECABORT .*because of: -?([A-Z]{3,})\b/,
};

/** Whether an error is an answer of Redis, and not the loss of a connection. */
export function isRefusal(error: unknown): error is Error {
  return isError(error) && error.name === 'ReplyError';
}

/** @returns the code of an error of Redis, such as `OOM`; `ERR` if it has none. */
export function codeOfRefusal({ message }: Error): string {
  const [first = ''] = message.split(' ', 1);
  const outer = first === '' ? 'ERR' : first;
  const inner = Object.hasOwn(INNER_CODES, outer) ? INNER_CODES[outer]?.exec(message) : undefined;
  return inner?.[1] ?? outer;
}

/** @returns the meaning of a refusal; `undefined` for any other error, after which it is unknown whether the call was carried out. */
export function meaningOfRefusal(error: unknown): RefusalMeaning | undefined {
  if (!isRefusal(error)) {
    return undefined;
  }
  const code = codeOfRefusal(error);
  return Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : 'permanent';
}

/** Whether an error is a refusal after which the same call may succeed later. */
export function isTemporary(error: unknown): error is Error {
  const meaning = meaningOfRefusal(error);
  return meaning === 'temporary' || meaning === 'wrong server';
}

/** The part of an error that repeats the arguments of an unknown command, which may hold a password or a job. */
const REPEATED_ARGUMENTS = /,? with args beginning with:[^]*/i;

/** Matches the part of an error that names the line of a script, which does not help users: at the end since Redis 7.0, at the start in 6.2. */
const PLACE_IN_SCRIPT =
  /\.? script: \w+, on @user_script: ?\d+\.?|(?<=^ERR )Error running script \(call to \w+\): (?:@user_script: ?\d+: )*-?|^@user_script: ?\d+: -?/g;

/**
 * @returns why a call was refused, as a text that may be shown: the missing permission and how to grant it, or the key with the
 * wrong type; else the text of the server without the data that was sent.
 */
export function explainRefusal(error: Error): string {
  const explained =
    explainMissingPermission(error) ??
    (wordsOf(error).startsWith('WRONGTYPE Operation') ? explainWrongType(error) : undefined) ??
    EXPLAINED_BY_CODE.get(codeOfRefusal(error));
  return explained ?? wordsOf(error);
}

/** Explanations of refusals whose text says nothing but numbers. */
const EXPLAINED_BY_CODE: ReadonlyMap<string, string> = new Map([
  ['MOVED', 'MOVED: another node of the Cluster owns the slot'],
  ['ASK', 'ASK: the slot is being moved to another node of the Cluster'],
  ['TRYAGAIN', 'TRYAGAIN: the slot is being moved to another node of the Cluster'],
  [
    'CROSSSLOT',
    'CROSSSLOT: the server is a node of a Redis Cluster, but `connection` names no Cluster',
  ],
]);

const wordsOf = ({ message }: Error): string =>
  withoutArguments(message)
    .replace(PLACE_IN_SCRIPT, '')
    .replace(/^ERR (?=[A-Z]{3,} )/, '');

/** @returns the message of an error of ioredis or Redis, without the data that was sent. */
export const withoutArguments = (message: string): string =>
  message.replace(REPEATED_ARGUMENTS, '');

/** @returns an error that may be shown: a refusal of ioredis carries its command, which may hold a password or a job. */
export function withoutCommand(error: Error): Error {
  if (meaningOfRefusal(error) === undefined) {
    return error;
  }
  const { name } = error;
  return Object.assign(new Error(explainRefusal(error)), { name, code: codeOfRefusal(error) });
}

/**
 * Tells whether a refusal only says that another server has taken over. It ends when the connection is replaced, which logs what keeps it
 * from that, so that the refusal itself is not worth a line.
 */
export const isHandover = (error: unknown): boolean =>
  isRefusal(error) && ['MOVED', 'CLUSTERDOWN', 'UNBLOCKED'].includes(codeOfRefusal(error));

/** Longest wait between tries after a permanent refusal, which somebody has to fix. */
const LONGEST_WAIT_AFTER_PERMANENT_REFUSAL_MS = 5_000;

/** Longest wait between tries while a slot is moved to another node of a Cluster, which may be over at any moment. */
const LONGEST_WAIT_DURING_MIGRATION_MS = 200;

/** Whether a slot is being moved to another node of a Cluster, which ends by itself. */
const isMigration = (error: unknown): boolean =>
  isRefusal(error) && ['ASK', 'TRYAGAIN'].includes(codeOfRefusal(error));

/** @returns the longest wait between tries after an error, ms; `undefined` = the default. */
export function longestWaitAfter(error: unknown): number | undefined {
  if (isMigration(error) || (isRefusal(error) && codeOfRefusal(error) === 'MOVED')) {
    return LONGEST_WAIT_DURING_MIGRATION_MS;
  }
  return meaningOfRefusal(error) === 'permanent'
    ? LONGEST_WAIT_AFTER_PERMANENT_REFUSAL_MS
    : undefined;
}

/** @returns the log level of a refusal that keeps finished work from being settled: `warn` only if it ends by itself soon. */
export const logLevelOfHeldWork = (error: unknown): 'warn' | 'error' =>
  isMigration(error) ? 'warn' : 'error';

/** @returns the log level of a refusal: `error` if it is permanent. */
export const logLevelOf = (error: unknown): 'warn' | 'error' =>
  meaningOfRefusal(error) === 'permanent' ? 'error' : 'warn';
