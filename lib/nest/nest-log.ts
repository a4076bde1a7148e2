import { Logger } from '@nestjs/common';
import { Log } from '../telemetry/log.js';
import { DEFAULT_INSTANCE } from './tokens.js';

/** Makes a log that writes to the application's logger. */
export function nestLog(instance: string): Log {
  const logger = new Logger(instance === DEFAULT_INSTANCE ? 'ReqRep' : `ReqRep:${instance}`);
  return new Log({
    info: (text) => logger.log(text),
    warn: (text) => logger.warn(text),
    error: (text, stack) => logger.error(text, ...(stack === undefined ? [] : [stack])),
  });
}
