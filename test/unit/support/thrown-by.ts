import { InvalidOptionError } from '../../../lib/errors/index.js';

/** What a call throws. @throws when it throws nothing. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

/** The refusal of an option that a call throws. @throws anything else that it throws. */
export function refusalBy(call: () => unknown): InvalidOptionError {
  const error = thrownBy(call);
  if (!(error instanceof InvalidOptionError)) {
    throw error;
  }
  return error;
}
