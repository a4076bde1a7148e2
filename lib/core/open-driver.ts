import type { Driver } from '../driver/driver.js';
import { openMemory } from '../memory/open-memory.js';
import { Keys } from '../protocol/keys.js';
import { Connections } from '../redis/connections.js';
import type { Log } from '../telemetry/log.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Makes the driver for the server that the options name: Redis, or a server in this process. Does not connect yet. */
export function openDriver(
  name: string,
  { source, prefix }: Pick<ResolvedOptions, 'source' | 'prefix'>,
  log: Log,
): Driver {
  if (typeof source === 'string') {
    return openMemory(source);
  }
  const keys = new Keys(prefix);
  return new Connections(source, name, log, (key) => keys.patternOf(key));
}
