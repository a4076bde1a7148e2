import { propertyOf } from '../errors/error-text.js';
import type { OptionRule } from '../options/option-rules.js';
import { Log } from '../telemetry/log.js';

/** Receives the log of the library: `console`, a logger of Nest, or any other object with these methods. */
export interface ReqRepLogger {
  /** Writes news that needs no action, such as that a queue is served. */
  log(text: string): void;
  /** Writes a trouble that may pass by itself, such as that Redis is unreachable. */
  warn(text: string): void;
  /**
   * Writes an error that somebody has to correct, such as a handler that throws.
   * @param stack - The stack of the error that the text is about, where there is one.
   */
  error(text: string, stack?: string): void;
}

/** The rule of the option `logger`: a {@link ReqRepLogger}, or `false` = nothing is written. @internal */
export const aLogger: OptionRule = {
  expected: 'an object with the methods log, warn and error, such as `console`, or false',
  accepts: (value) =>
    value === false ||
    ['log', 'warn', 'error'].every((name) => typeof propertyOf(value, name) === 'function'),
};

const writeToStderr = (text: string): void => void process.stderr.write(`[ReqRep] ${text}\n`);

/** The default logger: writes troubles to stderr, and nothing between the lines that a script itself prints to stdout. */
const WARNINGS_ON_STDERR: ReqRepLogger = {
  log: () => undefined,
  warn: writeToStderr,
  error: (text, stack) => writeToStderr(stack === undefined ? text : `${text}\n${stack}`),
};

const SILENT: ReqRepLogger = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Makes a log that writes to a logger. @param logger - `false` = nothing is written. @internal */
export function logTo(logger: ReqRepLogger | false = WARNINGS_ON_STDERR): Log {
  const target = logger === false ? SILENT : logger;
  return new Log({
    info: (text) => target.log(text),
    warn: (text) => target.warn(text),
    error: (text, stack) => target.error(text, ...(stack === undefined ? [] : [stack])),
  });
}
