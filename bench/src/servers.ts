import { connect } from 'node:net';
import { once } from 'node:events';
import { startLocalRedis } from '../../sample-app/dist/local-redis.js';
import { startCluster } from './cluster.js';
import type { ServerName } from './systems/system.js';

/** The servers that systems are measured with. Redis and its Cluster are our own; the others are used where they run. */
export interface Servers {
  readonly urls: Readonly<Partial<Record<ServerName, string>>>;
  readonly redisUrl: string;
  /** The masters of the Cluster; none unless it is needed. */
  readonly clusterNodeUrls: readonly string[];
  stop(): Promise<void>;
}

/** Nothing is written to a disk: it would be measured, too. */
const REDIS_ARGS = ['--save', '', '--appendonly', 'no'];

const OTHERS: Readonly<Record<Exclude<ServerName, 'Redis' | 'Redis Cluster'>, string>> = {
  NATS: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222',
  RabbitMQ: process.env['AMQP_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672',
};

/** @param needed - those of the systems that are measured. */
export async function startServers(needed: readonly ServerName[]): Promise<Servers> {
  const redis = await startLocalRedis({ args: REDIS_ARGS });
  const cluster = needed.includes('Redis Cluster') ? await startCluster(REDIS_ARGS) : undefined;
  const answering = await Promise.all(
    Object.entries(OTHERS).map(async (server) => ((await answers(server[1])) ? [server] : [])),
  );
  return {
    redisUrl: redis.url,
    clusterNodeUrls: cluster?.nodeUrls ?? [],
    urls: {
      Redis: redis.url,
      ...(cluster ? { 'Redis Cluster': cluster.url } : {}),
      ...Object.fromEntries(answering.flat()),
    },
    stop: async () => {
      await Promise.all([redis.stop(), cluster?.stop()]);
    },
  };
}

/** Where a server is looked for that is not there. */
export const placeOf = (server: ServerName): string =>
  server === 'Redis' || server === 'Redis Cluster' ? 'the PATH' : new URL(OTHERS[server]).host;

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
