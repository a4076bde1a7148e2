import { propertyOf } from '../errors/error-text.js';
import type { OptionRule } from '../options/option-rules.js';
import { Log } from '../telemetry/log.js';

/**
 * Where the library writes what an operator should know: `console`, a logger of Nest, or any other object with these methods.
 */
export interface ReqRepLogger {
  /** What goes as it should, such as a queue that is served from now on. */
  log(text: string): void;
  /** What goes wrong and may pass, such as a server that is away. */
  warn(text: string): void;
  /** What somebody has to correct, such as a handler that throws. @param stack - of the error that the text speaks of. */
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
