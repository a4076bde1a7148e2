import { CLUSTER_NODE } from './server-facts.js';

/**
 * What it means that the server refused a call. A refused call was not carried out.
 *
 * - `passes`: the server cannot do it now. The same call succeeds once that is over, without anybody changing the call.
 * - `wrong server`: this server takes no writes, and another one does. The connection that hears it is replaced.
 * - `stays`: the call is refused until somebody changes the call, the data or the rights of the user.
 */
export type RefusalMeaning = 'passes' | 'wrong server' | 'stays';

/** What each code of an error means. A code that is not here means `stays`. */
const MEANINGS: Readonly<Record<string, RefusalMeaning>> = {
  // Out of memory, until something is removed or `maxmemory` is raised.
  OOM: 'passes',
  // Too few replicas (`min-replicas-to-write`).
  NOREPLICAS: 'passes',
  // The last snapshot failed (`stop-writes-on-bgsave-error`), or the append-only file cannot be written.
  MISCONF: 'passes',
  // The data set is being read from disk.
  LOADING: 'passes',
  // A script or a module runs for long.
  BUSY: 'passes',
  // A failover is being carried out, or slots of a Cluster are being moved.
  INPROG: 'passes',
  TRYAGAIN: 'passes',
  CLUSTERDOWN: 'passes',
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
  return error instanceof Error && error.name === 'ReplyError';
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
  return Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : 'stays';
}

/** Whether a call that failed with this error was refused, and succeeds when it is made again later. */
export function isPassing(error: unknown): error is Error {
  const meaning = meaningOfRefusal(error);
  return meaning === 'passes' || meaning === 'wrong server';
}

/** What only a node of a Cluster answers. */
const CLUSTER_CODES: ReadonlySet<string> = new Set(['CROSSSLOT', 'MOVED', 'ASK', 'CLUSTERDOWN']);

/** Where a server repeats a command that it does not know, with what was in it: a password, or a job. */
const ARGUMENTS = /,? with args beginning with:[^]*/i;

/** @returns the server's own words, without what was sent to it, and what they mean where that is not plain. */
export function explainRefusal(error: Error): string {
  const words = withoutArguments(error.message);
  return CLUSTER_CODES.has(codeOfRefusal(error)) ? `${words} (the server ${CLUSTER_NODE})` : words;
}

/** @returns what an error of ioredis or Redis says, without what was sent. */
export const withoutArguments = (message: string): string => message.replace(ARGUMENTS, '');

/** @returns an error that may be shown: that of a refusal has its command, with passwords and jobs in it. */
export function showable(error: Error): Error {
  if (meaningOfRefusal(error) === undefined) {
    return error;
  }
  const { name } = error;
  return Object.assign(new Error(explainRefusal(error)), { name, code: codeOfRefusal(error) });
}
