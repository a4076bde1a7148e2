import { inspect, type InspectOptions } from 'node:util';

/** Maximum number of lines of an error that are shown. */
const MAX_LINES = 50;

/** Depth to which nested properties are shown, if they fit into {@link MAX_LINES}. */
const MAX_DEPTH = 4;

const INSPECT_OPTIONS: InspectOptions = {
  breakLength: 160,
  maxArrayLength: 10,
  maxStringLength: 500,
};

/**
 * Shows an error by `util.inspect`: its stack, properties, `cause` and the errors of an `AggregateError`, as deep as fits into
 * {@link MAX_LINES}. Never throws.
 *
 * @returns `undefined` for a primitive, and for a value that cannot be inspected.
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
    // A custom inspect function of the error has thrown.
  }
  return shown;
}

/** Whether an error carries a command of ioredis, whose arguments may be the password of an `AUTH` or the data of a job. */
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
