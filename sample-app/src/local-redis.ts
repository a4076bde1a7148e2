import { RedisMemoryServer } from 'redis-memory-server';
import { fetchedRedis } from './fetched-redis.js';
import { findOnPath } from './programs.js';

/** A Redis server on a free port of this machine. It stops with the process that started it. */
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

/** Thrown where this machine has no Redis server and none could be fetched. */
export class NoRedisError extends Error {
  override readonly name = 'NoRedisError';

  constructor(
    /** Why none could be fetched. */
    readonly reason: string,
    cause: unknown,
  ) {
    super(`No redis-server or valkey-server is on the PATH, and none could be fetched: ${reason}`, {
      cause,
    });
  }
}

/** Starts the system's `redis-server` or `valkey-server`; where there is none, one is fetched and compiled. @throws NoRedisError */
export async function startLocalRedis({
  port,
  args = [],
}: LocalRedisOptions = {}): Promise<LocalRedis> {
  const systemBinary = await redisBinary();
  const server = new RedisMemoryServer({
    instance: { args: [...args], ...(port === undefined ? {} : { port }) },
    binary: { systemBinary },
  });
  try {
    await server.start();
  } catch (error) {
    throw new Error(`${systemBinary} did not start: ${String(error)}`, { cause: error });
  }
  const info = server.getInstanceInfo();
  if (!info) {
    throw new Error('The Redis server exited right after its start');
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

/** @returns the program of a server; where the system has none, one is fetched and compiled. @throws NoRedisError */
export async function redisBinary(): Promise<string> {
  const installed = findOnPath('redis-server', 'valkey-server');
  if (installed !== undefined) {
    return installed;
  }
  try {
    return await fetchedRedis();
  } catch (error) {
    throw new NoRedisError(error instanceof Error ? error.message : String(error), error);
  }
}
