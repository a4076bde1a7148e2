import { inspect, type InspectOptions } from 'node:util';

/** Lines that are shown of an error at most. */
const MAX_LINES = 50;

/** How deep its properties are shown, where that takes no more lines. */
const MAX_DEPTH = 4;

const INSPECT_OPTIONS: InspectOptions = {
  breakLength: 160,
  maxArrayLength: 10,
  maxStringLength: 500,
};

/**
 * What `util.inspect` shows of an error, with its stack, its own properties, its `cause` and the errors of an `AggregateError`:
 * as deep as fits into 50 lines. Never throws.
 *
 * @returns `undefined` for a text, a number or the like, and for what cannot be shown.
 */
export function inspected(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) {
    return undefined;
  }
  let shown: string | undefined;
  try {
    const deepest = holdsCommand(error) ? 0 : MAX_DEPTH;
    for (let depth = 0; depth <= deepest; depth++) {
      const text = inspect(error, { ...INSPECT_OPTIONS, depth });
      if (text === shown || (shown !== undefined && text.split('\n').length > MAX_LINES)) {
        break;
      }
      shown = text;
    }
  } catch {
    // A function of the error's own, for `util.inspect`, has thrown.
  }
  return shown;
}

/** Whether an error is one of ioredis, which keeps the arguments of its command: the password of an `AUTH`, or the data of a job. */
function holdsCommand(error: object): boolean {
  let cause: unknown = error;
  for (let depth = 0; depth <= MAX_DEPTH && typeof cause === 'object' && cause !== null; depth++) {
    if ('command' in cause) {
      return true;
    }
    cause = 'cause' in cause ? cause.cause : undefined;
  }
  return false;
}
