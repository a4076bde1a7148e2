import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RedisBinary, RedisMemoryServer } from 'redis-memory-server';

/** A Redis server of one's own, on a free port of this machine. It ends with the process that started it. */
export interface LocalRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface LocalRedisOptions {
  /** @default a free one */
  readonly port?: number;
  /** More arguments for the server. */
  readonly args?: readonly string[];
}

/** Starts the system's `redis-server` or `valkey-server`; where there is none, one is fetched and compiled. */
export async function startLocalRedis({
  port,
  args = [],
}: LocalRedisOptions = {}): Promise<LocalRedis> {
  const systemBinary = systemRedis();
  const server = new RedisMemoryServer({
    instance: { args: [...args], ...(port === undefined ? {} : { port }) },
    binary: systemBinary === undefined ? {} : { systemBinary },
  });
  try {
    await server.start();
  } catch (error) {
    throw new Error(
      systemBinary === undefined
        ? 'No Redis found, and none could be fetched. Install `redis-server` or `valkey-server` ' +
            '(apt-get install redis-server, brew install redis), or set REDIS_URL to a running one.'
        : `${systemBinary} did not start: ${String(error)}`,
      { cause: error },
    );
  }
  const info = server.getInstanceInfo();
  if (!info) {
    throw new Error('The Redis server ended as soon as it had started');
  }
  return {
    url: `redis://127.0.0.1:${info.port}`,
    port: info.port,
    pid: info.childProcess?.pid ?? 0,
    stop: async () => {
      await server.stop();
    },
  };
}

/** @returns the program of a server; where the system has none, one is fetched and compiled. */
export async function redisBinary(): Promise<string> {
  return systemRedis() ?? (await RedisBinary.getPath());
}

const systemRedis = (): string | undefined =>
  findOnPath('redis-server') ?? findOnPath('valkey-server');

function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
