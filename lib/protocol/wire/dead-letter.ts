import { isRecord } from '../../errors/value-text.js';
import type { DeadReason } from '../dead-reason.js';
import { readJson } from './read-json.js';
import { parseWireError, type WireError } from './wire-error.js';

// A dead letter, as `deadletters` holds it under its id: why the job is not run any more, as JSON without a line feed, then a line
// feed, then the job exactly as it was in its queue, so that no script has to read or write the job as JSON.

/** The reason why a job is not run any more. */
export interface Death {
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  /** How often the job was started; `undefined` where that is unknown. */
  readonly attempts?: number | undefined;
  /** What its handler threw. */
  readonly error?: WireError | undefined;
}

/** The first line of a letter. */
export interface LetterHead extends Death {
  /** The id of the worker that had the job. */
  readonly worker: string;
}

/** A letter that was read. */
export interface Letter extends LetterHead {
  /** The job as it was in its queue. */
  readonly job: string;
}

/** How many dead letters of one queue a server keeps. */
export interface DeadLetterBounds {
  readonly maxDead: number;
  /** The bytes of all letters together; the newest letter is kept even if it is longer. */
  readonly maxDeadBytes: number;
}

const SEPARATOR = '\n';

export const encodeHead = ({ reason, message, worker, attempts, error }: LetterHead): string =>
  JSON.stringify({ reason, message, worker, attempts, error });

/** Reads a letter. Never throws: somebody else may have written it. */
export function decodeLetter(text: string): Letter {
  const end = text.indexOf(SEPARATOR);
  return { ...headOf(recordIn(text.slice(0, end))), job: text.slice(end + 1) };
}

/** Reads an entry of the list `dead`, which workers of earlier versions push to. Never throws. */
export function decodeListedLetter(text: string): Letter & { readonly at: number } {
  const entry = recordIn(text);
  const { job, at } = entry;
  return {
    ...headOf(entry),
    job: typeof job === 'string' ? job : '',
    at: typeof at === 'number' ? at : 0,
  };
}

function headOf({ reason, message, worker, attempts, error }: Record<string, unknown>): LetterHead {
  return {
    reason: (typeof reason === 'string' ? reason : 'unreadable') as DeadReason,
    message: typeof message === 'string' ? message : 'the letter gives no reason',
    worker: typeof worker === 'string' ? worker : '',
    attempts: typeof attempts === 'number' ? attempts : undefined,
    error: error === undefined ? undefined : parseWireError(error),
  };
}

function recordIn(json: string): Record<string, unknown> {
  const value = readJson(json);
  return isRecord(value) ? value : {};
}
