import { afterAll, beforeAll } from 'vitest';
import type { Line } from '../../../lib/driver/line.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';
import { MemoryDriver } from '../../../lib/memory/memory-driver.js';
import type { MemoryLine } from '../../../lib/memory/memory-line.js';
import { MemoryServer } from '../../../lib/memory/memory-server.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connection } from '../../../lib/redis/connection/connection.js';
import { useRedis } from '../../support/redis.js';
import { MemoryLook, type Look } from '../../support/memory-look.js';

/** A server on which operations have to do the same, whichever it is. */
export interface ContractServer {
  readonly name: string;
  /** For operations. */
  readonly line: Line;
  /** For what is to be there before, and what is there behind. */
  readonly look: Look;
  /** Opens another line, which is closed with the file. */
  openLine(): Promise<Line>;
  /** Closes a line that {@link openLine} has opened, at our end. */
  closeLine(line: Line): void;
}

/** A Redis server and one in this process, for the tests of a file. */
export function useContractServers(): readonly ContractServer[] {
  return [useRedisServer(), useMemoryServer()];
}

function useRedisServer(): ContractServer {
  const redis = useRedis();
  const lines: Connection[] = [];
  const openLine = async (): Promise<Line> => {
    const line = new Connection(connectionSource(redis.url), 'test');
    lines.push(line);
    await line.ready();
    return line;
  };
  beforeAll(openLine);
  afterAll(() => lines.forEach((line) => line.close()));
  return {
    name: 'Redis',
    openLine,
    closeLine: (line) => lines.find((each) => each === line)?.close(),
    get line() {
      return first(lines);
    },
    get look() {
      return redis.look;
    },
  };
}

function useMemoryServer(): ContractServer {
  const server = new MemoryServer('memory://', systemRuntime);
  const driver = new MemoryDriver(server, systemRuntime);
  const lines: MemoryLine[] = [];
  beforeAll(() => driver.ready());
  afterAll(() => driver.close());
  return {
    name: 'memory',
    line: driver.commands,
    look: new MemoryLook(server),
    openLine: async () => {
      const line = driver.blocking('test');
      lines.push(line);
      await line.ready();
      return line;
    },
    closeLine: (line) => lines.find((each) => each === line)?.close(),
  };
}

function first<Item>([item]: readonly Item[]): Item {
  if (item === undefined) {
    throw new Error('There is none before the tests begin');
  }
  return item;
}
