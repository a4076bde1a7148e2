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

/** A server of the contract tests, on which all operations must have the same effect. */
export interface ContractServer {
  readonly name: string;
  /** Line for operations. */
  readonly line: Line;
  /** Access to the keys, to prepare and to check a test. */
  readonly look: Look;
  /** Opens another line, which is closed at the end of the file. */
  openLine(): Promise<Line>;
  /** Closes a line of {@link openLine} from the client's side. */
  closeLine(line: Line): void;
}

/** Starts a Redis server and one in this process, for the tests of a file. */
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
