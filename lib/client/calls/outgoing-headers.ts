import { messageOf } from '../../errors/error-text.js';
import { InvalidOptionError } from '../../errors/index.js';
import { describeValue, isRecord } from '../../errors/value-text.js';
import type { EmitOptions } from './call-options.js';

/**
 * Gives headers for one request or emit, at the moment at which it is made and in the async context of whoever makes it. A header of
 * `undefined` is left out; `undefined` for all of them means that there is none.
 */
export type OutgoingHeaders = (
  queue: string,
) => Readonly<Record<string, string | undefined>> | undefined;

const OPTION = 'outgoingHeaders in the options of ReqRepModule';

/**
 * The options of a call with the headers that the application adds to each.
 * @throws InvalidOptionError where the function throws, or returns something else.
 */
export function withOutgoingHeaders<Options extends EmitOptions>(
  options: Options,
  queue: string,
  outgoingHeaders: OutgoingHeaders | undefined,
): Options {
  // The original protocol has no place for headers.
  if (!outgoingHeaders || options.protocol === 1) {
    return options;
  }
  const added = headersFrom(outgoingHeaders, queue);
  return { ...options, headers: { ...added, ...options.headers } };
}

function headersFrom(outgoingHeaders: OutgoingHeaders, queue: string): Record<string, string> {
  let entries: [string, unknown][];
  try {
    const returned: unknown = outgoingHeaders(queue) ?? {};
    if (!isRecord(returned) || typeof returned['then'] === 'function') {
      throw new InvalidOptionError(OPTION, EXPECTED, describeReturned(returned));
    }
    entries = Object.entries(returned);
  } catch (error) {
    throw error instanceof InvalidOptionError
      ? error
      : new InvalidOptionError(OPTION, EXPECTED, `one that throws: ${messageOf(error)}`, {
          cause: error,
        });
  }
  const given = entries.filter(([, text]) => text !== undefined);
  const wrong = given.find(([, text]) => typeof text !== 'string');
  if (wrong) {
    const [name, value] = wrong;
    throw new InvalidOptionError(
      OPTION,
      EXPECTED,
      `one whose header "${name}" is ${describeValue(value)}`,
    );
  }
  return Object.fromEntries(given as [string, string][]);
}

const EXPECTED = 'a function that returns an object of strings';

const describeReturned = (returned: unknown): string =>
  `one that returns ${isRecord(returned) ? 'a promise' : describeValue(returned)}`;
