import { propertyOf } from '../errors/error-text.js';
import type { OptionRule } from '../options/option-rules.js';
import { Log } from '../telemetry/log.js';

/** What the library writes its log to: `console`, a logger of Nest, or any other object with these methods. */
export interface ReqRepLogger {
  /** Writes what goes as planned, such as that a queue is served. */
  log(text: string): void;
  /** Writes what goes wrong and may pass, such as that Redis is unreachable. */
  warn(text: string): void;
  /**
   * Writes what somebody has to correct, such as a handler that throws.
   * @param stack - The stack of the error that the text is about, where there is one.
   */
  error(text: string, stack?: string): void;
}

/** What can be such a logger; `false` = nothing is written. @internal */
export const aLogger: OptionRule = {
  expected: 'an object with the methods log, warn and error, such as `console`, or false',
  accepts: (value) =>
    value === false ||
    ['log', 'warn', 'error'].every((name) => typeof propertyOf(value, name) === 'function'),
};

const writeToStderr = (text: string): void => void process.stderr.write(`[ReqRep] ${text}\n`);

/** What a script wants to see: troubles, on stderr, and nothing between the lines that it prints itself. */
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

/** @param logger - `false` = nothing is written. @internal */
export function logTo(logger: ReqRepLogger | false = WARNINGS_ON_STDERR): Log {
  const target = logger === false ? SILENT : logger;
  return new Log({
    info: (text) => target.log(text),
    warn: (text) => target.warn(text),
    error: (text, stack) => target.error(text, ...(stack === undefined ? [] : [stack])),
  });
}
