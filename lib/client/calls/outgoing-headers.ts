import { messageOf } from '../../errors/error-text.js';
import { InvalidOptionError } from '../../errors/index.js';
import { describeValue, isRecord } from '../../errors/value-text.js';
import type { EmitOptions } from './call-options.js';

/**
 * Returns headers for one request or emit. It is called with the name of the queue, in the async context of the code that makes the
 * call. A header of `undefined` is left out; `undefined` in place of the object means no headers.
 */
export type OutgoingHeaders = (
  queue: string,
) => Readonly<Record<string, string | undefined>> | undefined;

/** Returns the headers of an {@link OutgoingHeaders}, checked. @throws InvalidOptionError @internal */
export type CheckedHeaders = (queue: string) => Readonly<Record<string, string>>;

/** @returns the options of a call with the headers that the application adds to each. @internal */
export function withOutgoingHeaders<Options extends EmitOptions>(
  options: Options,
  queue: string,
  outgoingHeaders: CheckedHeaders | undefined,
): Options {
  // The original protocol cannot carry headers.
  if (!outgoingHeaders || options.protocol === 1) {
    return options;
  }
  return { ...options, headers: { ...outgoingHeaders(queue), ...options.headers } };
}

/**
 * Wraps the function of the application, so that wrong headers, and errors that the function throws, become one kind of error.
 * @param where - names the options in errors, such as `the options of createReqRep`.
 * @internal
 */
export const checkedHeaders =
  (outgoingHeaders: OutgoingHeaders, where: string): CheckedHeaders =>
  (queue) => {
    const wrong = (received: string, options?: ErrorOptions): InvalidOptionError =>
      new InvalidOptionError(`outgoingHeaders in ${where}`, EXPECTED, received, options);
    let entries: [string, unknown][];
    try {
      const returned: unknown = outgoingHeaders(queue) ?? {};
      if (!isRecord(returned) || typeof returned['then'] === 'function') {
        throw wrong(describeReturned(returned));
      }
      entries = Object.entries(returned);
    } catch (error) {
      throw error instanceof InvalidOptionError
        ? error
        : wrong(`one that throws: ${messageOf(error)}`, { cause: error });
    }
    const given = entries.filter(([, text]) => text !== undefined);
    const odd = given.find(([, text]) => typeof text !== 'string');
    if (odd) {
      const [name, value] = odd;
      throw wrong(`one whose header "${name}" is ${describeValue(value)}`);
    }
    return Object.fromEntries(given as [string, string][]);
  };

const EXPECTED = 'a function that returns an object of strings';

const describeReturned = (returned: unknown): string =>
  `one that returns ${isRecord(returned) ? 'a promise' : describeValue(returned)}`;
