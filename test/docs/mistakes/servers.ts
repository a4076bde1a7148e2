import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { startLocalRedis } from '../../../sample-app/src/local-redis.js';
import { freePort } from '../../support/free-port.js';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

/** What a worker's process logs and what a request is told, at a server that does not serve them. */
async function toldOf(connection: string, scene: Scene, timeout = 3_500): Promise<string[]> {
  const { client, log } = await scene.start({ connection }, [workerOf('reports')]);
  const error = await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout })));
  return [...(await log.troubles()), error];
}

async function listening(server: Server, scene: Scene): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  scene.atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function serverWith(scene: Scene, ...args: string[]): Promise<string> {
  const server = await startLocalRedis({ args });
  scene.atEnd(() => server.stop());
  return server.url;
}

const userUrl = async ({ redis }: Scene, ...rules: string[]): Promise<string> => {
  await redis.look.call('ACL', 'SETUSER', 'joe', 'reset', 'on', '>secret', ...rules);
  return redis.url.replace('//', '//joe:secret@');
};

export const servers: Mistake[] = [
  {
    title: 'Nothing listens on the port',
    provoke: async (scene) => toldOf(`redis://127.0.0.1:${await freePort()}`, scene),
  },
  {
    title: 'The host does not exist',
    provoke: (scene) => toldOf('redis://redis.invalid:6379', scene),
  },
  {
    title: 'Another program listens on the port',
    provoke: async (scene) =>
      toldOf(`redis://127.0.0.1:${await listening(createHttpServer(), scene)}`, scene),
  },
  {
    title: 'The server accepts connections and does not answer',
    provoke: async (scene) => {
      const server = createServer((socket) => {
        scene.atEnd(() => socket.destroy());
        socket.on('error', () => undefined);
      });
      return toldOf(`redis://127.0.0.1:${await listening(server, scene)}`, scene);
    },
  },
  {
    title: 'The password is wrong',
    provoke: async (scene) => {
      const url = await userUrl(scene, '+@all', '~*', '&*');
      return toldOf(url.replace('secret', 'another'), scene);
    },
  },
  {
    title: 'A password is needed',
    provoke: async (scene) => toldOf(await serverWith(scene, '--requirepass', 'secret'), scene),
  },
  {
    title: 'The database does not exist',
    provoke: (scene) => toldOf(`${scene.redis.url}/99`, scene),
  },
  {
    title: 'TLS is spoken to a server without TLS',
    provoke: (scene) => toldOf(scene.redis.url.replace('redis:', 'rediss:'), scene),
  },
  {
    title: 'The server is a replica',
    provoke: async (scene) =>
      toldOf(await serverWith(scene, '--replicaof', '127.0.0.1', String(scene.redis.port)), scene),
  },
  {
    title: 'The server is a node of a Cluster',
    provoke: async (scene) => {
      const folder = mkdtempSync(join(tmpdir(), 'reqrep-'));
      scene.atEnd(() => rmSync(folder, { recursive: true, force: true }));
      return toldOf(await serverWith(scene, '--cluster-enabled', 'yes', '--dir', folder), scene);
    },
  },
  {
    title: 'The server is too old',
    provoke: async (scene) =>
      toldOf(await serverWith(scene, '--rename-command', 'BLMOVE', ''), scene),
  },
  {
    title: 'The server is out of memory',
    provoke: async (scene) => {
      const url = await serverWith(scene, '--maxmemory', '1', '--maxmemory-policy', 'noeviction');
      const { client, log } = await scene.start({ connection: url, workers: false });
      const error = await errorOf(() =>
        lastValueFrom(client.send('reports', {}, { timeout: 500 })),
      );
      return [...(await log.troubles()), error];
    },
  },
  {
    title: 'The server throws queues away when its memory is full',
    provoke: async (scene) => {
      const url = await serverWith(scene, '--maxmemory-policy', 'allkeys-lru');
      const { log } = await scene.start({ connection: url }, [workerOf('reports')]);
      return log.troubles();
    },
  },
];
