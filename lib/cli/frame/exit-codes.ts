import { isRefusal } from '../../driver/refusal.js';
import { propertyOf } from '../../errors/error-text.js';

/** What the exit code of the process says, by name. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  noRedis: 3,
  timeout: 4,
  noWorkers: 5,
  workerLost: 6,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;
export type ExitCode = (typeof EXIT)[ExitName];

/** The general meaning of each exit code; a command may have words of its own. */
export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'it worked',
  failed: 'it failed',
  usage: 'the command line is wrong; nothing was done',
  noRedis: 'Redis could not be used',
  timeout: 'the time ran out',
  noWorkers: 'no live worker serves the queue (--require-worker)',
  workerLost: 'the worker was lost, and the job is not run again',
  interrupted: 'ctrl-C',
  terminated: 'SIGTERM',
};

/** The exit codes of errors of the library, by their `code`. A refusal of Redis is `noRedis`, and other errors are `failed`. */
const BY_ERROR_CODE: ReadonlyMap<unknown, ExitName> = new Map([
  ['USAGE', 'usage'],
  ['INVALID_OPTION', 'usage'],
  ['CONNECTION_FAILED', 'noRedis'],
  ['PUSH_FAILED', 'noRedis'],
  ['REQUEST_TIMEOUT', 'timeout'],
  ['NO_WORKERS', 'noWorkers'],
  ['WORKER_LOST', 'workerLost'],
] satisfies [string, ExitName][]);

/** @returns the exit code for an error. */
export function exitCodeOf(error: unknown): ExitCode {
  const name = isRefusal(error) ? 'noRedis' : BY_ERROR_CODE.get(propertyOf(error, 'code'));
  return EXIT[name ?? 'failed'];
}
