import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startLocalRedis } from '../../sample-app/dist/local-redis.js';

const MASTERS = 3;
const SLOTS = 16_384;

/** How far the port on which nodes talk to each other is from that of their clients. */
const BUS_PORT_DISTANCE = 10_000;
const LAST_PORT = 65_535;

/** A Redis Cluster without replicas on this machine. */
export interface LocalCluster {
  /** As the `connection` takes it. */
  readonly url: string;
  readonly nodeUrls: readonly string[];
  stop(): Promise<void>;
}

/** @param args - more arguments for each node. */
export async function startCluster(args: readonly string[]): Promise<LocalCluster> {
  const nodes = await Promise.all(Array.from({ length: MASTERS }, () => startNode(args)));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await joinNodes(nodes.map(({ port }) => port));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodeUrls: nodes.map(({ url }) => url),
    stop,
  };
}

async function startNode(args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-reqrep-bench-'));
  const node = await startLocalRedis({
    port: await freeNodePort(),
    args: [...args, '--cluster-enabled', 'yes', '--dir', folder],
  });
  return {
    port: node.port,
    url: node.url,
    stop: async () => {
      await node.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Gives each node its part of the slots, and lets them know each other. */
async function joinNodes(ports: readonly number[]): Promise<void> {
  const nodes = ports.map((port) => new Redis({ port }));
  try {
    for (const [index, node] of nodes.entries()) {
      const first = Math.round((index * SLOTS) / MASTERS);
      const end = Math.round(((index + 1) * SLOTS) / MASTERS);
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const slots = Array.from({ length: end - first }, (_, nth) => first + nth);
      await node.call('CLUSTER', 'ADDSLOTS', ...slots);
      await node.call('CLUSTER', 'MEET', '127.0.0.1', ports[0] ?? 0);
    }
    while (!(await Promise.all(nodes.map(isComplete))).every(Boolean)) {
      await delay(50);
    }
  } finally {
    nodes.forEach((node) => node.disconnect());
  }
}

async function isComplete(node: Redis): Promise<boolean> {
  const info = String(await node.call('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_size:${MASTERS}`);
}

/** @returns a free port for clients, whose port for the other nodes is free, too. */
async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    const busPort = port + BUS_PORT_DISTANCE;
    if (busPort <= LAST_PORT && (await listenOnce(busPort).catch(() => undefined)) !== undefined) {
      return port;
    }
  }
}

/** @returns the port that could be listened on. */
async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : port;
}
