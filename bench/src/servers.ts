import { connect } from 'node:net';
import { once } from 'node:events';
import { startLocalRedis } from '../../sample-app/dist/local-redis.js';
import type { ServerName } from './systems/system.js';

/** The servers that systems are measured with. Redis is our own; the others are used where they run. */
export interface Servers {
  readonly urls: Readonly<Partial<Record<ServerName, string>>>;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** Nothing is written to a disk: it would be measured, too. */
const REDIS_ARGS = ['--save', '', '--appendonly', 'no'];

const OTHERS: Readonly<Record<Exclude<ServerName, 'Redis'>, string>> = {
  NATS: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222',
  RabbitMQ: process.env['AMQP_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672',
};

export async function startServers(): Promise<Servers> {
  const redis = await startLocalRedis({ args: REDIS_ARGS });
  const answering = await Promise.all(
    Object.entries(OTHERS).map(async (server) => ((await answers(server[1])) ? [server] : [])),
  );
  return {
    redisUrl: redis.url,
    urls: { Redis: redis.url, ...Object.fromEntries(answering.flat()) },
    stop: () => redis.stop(),
  };
}

/** Where a server is looked for that is not there. */
export const placeOf = (server: ServerName): string =>
  server === 'Redis' ? 'the PATH' : new URL(OTHERS[server]).host;

async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
