import { shown } from '../../errors/error-text.js';
import {
  codeOfRefusal,
  explainRefusal,
  isRefusal,
  meaningOfRefusal,
  withoutCommand,
} from '../../driver/refusal.js';
import type { Target } from '../topology/destination.js';
import { IS_NO_CLUSTER_NODE } from './server-facts.js';
import type { Findings } from './server-probe.js';
import {
  ServerTroubleError,
  UnusableServerError,
  type TroubleLevel,
} from '../../driver/server-trouble.js';

/** @returns the server and the user, for a message. */
export const whereOf = ({ name, user }: Target): string =>
  user === undefined ? name : `${name} (user "${shown(user)}")`;

/** Certificate errors of Node, and what to do about each. */
const CERTIFICATE_PROBLEMS: readonly (readonly [code: RegExp, what: string, advice: string])[] = [
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'has a certificate for other names',
    'connect by a name that it contains, or set that name as `tls: { servername }`',
  ],
  [/^CERT_HAS_EXPIRED$/, 'has a certificate that has expired', 'renew it'],
  [
    /^CERT_NOT_YET_VALID$/,
    'has a certificate that is not valid yet',
    'correct the clock of this machine or of the server',
  ],
  [
    /SELF_SIGNED_CERT|^UNABLE_TO_(?:VERIFY|GET_ISSUER)/,
    'has a certificate that this process does not trust',
    'set the certificate of its authority as `tls: { ca }`, or in NODE_EXTRA_CA_CERTS',
  ],
  [
    /^ERR_SSL_.*CERTIFICATE_REQUIRED$/,
    'requires a client certificate',
    'set one that the server trusts as `tls: { cert, key }`',
  ],
  [
    /^ERR_SSL_.*ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)|ACCESS_DENIED)$/,
    'refuses the client certificate',
    'set one that the server trusts and that is valid as `tls: { cert, key }`',
  ],
];

/** The first character of every answer of Redis. */
const REDIS_ANSWER_START = /^[+\-:$*%~_#,>]/;

/** How much of another program's answer is quoted. */
const MAX_QUOTED_CHARS = 60;

/**
 * Explains why a connection could not be made or kept.
 * @param findings - the findings of a probe; `undefined` without one.
 */
export function troubleOf(
  error: NodeJS.ErrnoException,
  target: Target,
  findings?: Findings,
): ServerTroubleError {
  const cause = safeCause(error);
  const words = isRefusal(error) ? explainRefusal(error) : refusalIn(findings);
  const refusal = words === undefined ? undefined : accessProblem(words, target);
  if (refusal !== undefined) {
    return new UnusableServerError(`${target.name} ${refusal}`, cause);
  }
  const mistake =
    protocolProblem(error, target, findings) ??
    certificateProblem(cause, target, findings) ??
    // The answer to CLUSTER SLOTS.
    (words?.includes('cluster support disabled') ? IS_NO_CLUSTER_NODE : undefined);
  if (mistake !== undefined) {
    return new UnusableServerError(`${whereOf(target)} ${mistake}`, cause);
  }
  if (words !== undefined) {
    return new ServerTroubleError(`${whereOf(target)} answers "${words}"`, 'warn', cause);
  }
  return unreachable(cause, target, findings);
}

/** @returns the refusal of Redis in the findings, if there is one. */
const refusalIn = (findings: Findings | undefined): string | undefined =>
  /^-(.+)/.exec(findings?.answer ?? '')?.[1];

/** Explains a refusal of the user or the password. */
function accessProblem(words: string, { user, hasPassword }: Target): string | undefined {
  const who = `the user "${shown(user ?? 'default')}"`;
  switch (codeOfRefusal({ name: '', message: words })) {
    case 'WRONGPASS':
      return `refuses the password of ${who} (${shown(words)}): correct \`username\` and \`password\``;
    case 'NOAUTH':
      return hasPassword
        ? `asks ${who} for a password although one was sent (NOAUTH): correct \`username\` and \`password\``
        : 'requires a password, but none was set (NOAUTH): set `password`, or connect to redis://:PASSWORD@host';
    case 'NOPERM':
      return `refuses ${who} a command that every connection needs (${shown(words)}): allow it`;
    case 'DENIED':
      return 'is in protected mode and refuses connections from other machines (DENIED): set a password on the server, or `protected-mode no`';
    default:
      return undefined;
  }
}

/** Explains a wrong protocol: TLS to a server without TLS, the reverse, or another program. */
function protocolProblem(
  { message }: Error,
  { isTls }: Target,
  findings: Findings | undefined,
): string | undefined {
  const { answer, speaksTls = false } = findings ?? {};
  if (answer !== undefined && !REDIS_ANSWER_START.test(answer)) {
    return `is not a Redis server (it says "${answer.slice(0, MAX_QUOTED_CHARS)}"): correct the host and the port`;
  }
  if (isTls) {
    return answer !== undefined || /wrong version number|packet length too long/i.test(message)
      ? 'does not speak TLS: use redis:// instead of rediss://, or remove `tls`'
      : undefined;
  }
  if (speaksTls) {
    return 'requires TLS: use rediss:// instead of redis://, or set `tls: {}`';
  }
  return /^Protocol error|RESP type/i.test(message)
    ? 'is not a Redis server (it does not speak the Redis protocol): correct the host and the port'
    : undefined;
}

function certificateProblem(
  { code = '', message }: NodeJS.ErrnoException,
  { isTls }: Target,
  findings: Findings | undefined,
): string | undefined {
  // The error may only say that the connection was closed, after the server had sent a TLS alert.
  const actual = (isTls ? findings?.tlsAlert : undefined) ?? code;
  const isOfSsl = actual.startsWith('ERR_SSL_');
  const said = isOfSsl ? actual : shown(message);
  const found = CERTIFICATE_PROBLEMS.find(([pattern]) => pattern.test(actual));
  if (found) {
    const [, what, advice] = found;
    return `${what} (${said}): ${advice}`;
  }
  return isOfSsl ? `cannot agree on TLS with this process (${said}): correct \`tls\`` : undefined;
}

/** Explains that no server can be reached at the address. */
function unreachable(
  cause: NodeJS.ErrnoException,
  target: Target,
  findings: Findings | undefined,
): ServerTroubleError {
  const { code, message } = cause;
  const trouble = (level: TroubleLevel, what: string): ServerTroubleError =>
    new ServerTroubleError(`${whereOf(target)} ${what}`, target.hasServed ? 'warn' : level, cause);
  if (target.primary !== undefined) {
    return sentinelProblem(message, target.primary, trouble);
  }
  switch (code) {
    case 'ENOTFOUND':
      return trouble('error', `cannot be reached (${message}): correct the host name`);
    case 'EACCES':
      // Only a Unix socket has this error.
      return trouble(
        'error',
        `cannot be reached (${message}): allow this process to open the socket`,
      );
    case 'ECONNREFUSED':
    case 'ENOENT':
      return trouble(
        'warn',
        `cannot be reached (${message}): start Redis there, or correct \`connection\``,
      );
    default:
      return findings?.acceptsConnections && findings.answer === undefined
        ? trouble(
            'error',
            'closes each connection without an answer: check that a Redis server listens on this host and port',
          )
        : trouble('warn', `cannot be reached (${message || code})`);
  }
}

/** Explains an error about Sentinels. ioredis tells the error of the last Sentinel; none means that no Sentinel knows the primary. */
function sentinelProblem(
  message: string,
  primary: string,
  trouble: (level: TroubleLevel, what: string) => ServerTroubleError,
): ServerTroubleError {
  const last = /Last error: (.*)/.exec(message)?.[1];
  if (last?.startsWith('ERR No such master') ?? message.startsWith('All sentinels')) {
    return trouble(
      'error',
      `has Sentinels that do not know a primary "${shown(primary)}": correct \`name\``,
    );
  }
  return /^(?:WRONGPASS|NOAUTH|NOPERM)\b/.test(last ?? '')
    ? trouble(
        'error',
        `has Sentinels that refuse this client (${shown(last ?? '')}): correct \`sentinelPassword\``,
      )
    : trouble(
        'warn',
        `cannot be reached (${last ?? message}): start the Sentinels, or correct \`sentinels\``,
      );
}

/** Explains that a server accepts connections but does not answer, or that nothing answers at the address. */
export function silenceOf(target: Target, findings?: Findings): ServerTroubleError {
  if (findings?.answer !== undefined || findings?.speaksTls) {
    const mistake = protocolProblem({ name: '', message: '' }, target, findings);
    if (mistake !== undefined) {
      return new UnusableServerError(`${whereOf(target)} ${mistake}`);
    }
  }
  const what =
    findings?.acceptsConnections === false
      ? 'cannot be reached (no answer to the attempt to connect): correct the host and the port, or check the firewall'
      : 'does not answer: it may be stopped, busy or not a Redis server';
  return new ServerTroubleError(`${whereOf(target)} ${what}`, 'warn');
}

/**
 * Copies an error so that it may be shown. Node's error about a wrong argument repeats the argument, which may be a URL with its
 * password. For a host name with several addresses, Node's error has a code but no message.
 */
function safeCause(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  // Compares names, because under Jest Node's errors are of another realm.
  const { name, code } = error;
  if (meaningOfRefusal(error) !== undefined) {
    return withoutCommand(error);
  }
  if (code !== undefined && (name === 'TypeError' || name === 'RangeError')) {
    const message = `${code}: Node.js rejects an option of the connection`;
    return Object.assign(new Error(message), { name, code });
  }
  const all = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(String) : [];
  const texts = error.message || all.map((each) => each.replace(/^Error: /, '')).join(', ');
  // OpenSSL puts addresses and file names around its message.
  const message = /SSL routines:[^:]*:([^:]+)/.exec(texts)?.[1] ?? texts;
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}
