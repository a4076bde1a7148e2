import { Injectable, type OnModuleInit } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import {
  ReplyWorkers,
  RequestClient,
  type EmitOptions,
  type SendOptions,
} from '../../../lib/index.js';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

async function refused(scene: Scene, data: unknown, options: object): Promise<string[]> {
  const { client } = await scene.start({ workers: false });
  return [await errorOf(() => lastValueFrom(client.send('reports', data, options as SendOptions)))];
}

export const calls: Mistake[] = [
  {
    title: 'Nobody serves the queue',
    provoke: (scene) => refused(scene, {}, { timeout: 100 }),
  },
  {
    title: 'Nobody serves the queue, and requireWorker is set',
    provoke: (scene) => refused(scene, {}, { requireWorker: true }),
  },
  {
    title: 'The workers are busy',
    provoke: async (scene) => {
      const slow = workerOf('reports', () => new Promise(() => {}), { concurrency: 1 });
      const { client } = await scene.start({ shutdownTimeout: 0 }, [slow]);
      const options = { timeout: 500 };
      const requests = Array.from({ length: 3 }, () =>
        errorOf(() => lastValueFrom(client.send('reports', {}, options))),
      );
      return (await Promise.all(requests)).slice(-1);
    },
  },
  {
    title: 'The queue is paused in this process',
    provoke: async (scene) => {
      const { app, client } = await scene.start({}, [workerOf('reports')]);
      await app.get(ReplyWorkers).pause('reports');
      return [await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout: 200 })))];
    },
  },
  {
    title: 'A request is awaited before the workers of its process start',
    provoke: async (scene) => {
      let told = '';
      @Injectable()
      class Warmup implements OnModuleInit {
        constructor(private readonly client: RequestClient) {}
        async onModuleInit(): Promise<void> {
          const request = this.client.send('reports', {}, { timeout: 300 });
          told = await errorOf(() => lastValueFrom(request));
        }
      }
      await scene.start({}, [workerOf('reports'), Warmup]);
      return [told];
    },
  },
  {
    title: 'The workers are not started',
    provoke: async (scene) => {
      const { client } = await scene.start({ workers: 'manual' }, [workerOf('reports')]);
      return [await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout: 200 })))];
    },
  },
  {
    title: 'A job could not be emitted in time',
    provoke: async (scene) => {
      const { client, app } = await scene.start({ workers: false });
      await scene.redis.look.call('CLIENT', 'PAUSE', '600', 'WRITE');
      const options: EmitOptions = { timeout: 200 };
      const error = await errorOf(() => lastValueFrom(client.emit('reports', {}, options)));
      await scene.redis.look.call('CLIENT', 'UNPAUSE');
      await app.close();
      return [error];
    },
  },
  {
    title: 'The queue is full',
    provoke: async (scene) => {
      const { client } = await scene.start({ workers: false });
      await lastValueFrom(client.emit('reports', {}));
      return [
        await errorOf(() => lastValueFrom(client.send('reports', {}, { maxQueueLength: 1 }))),
      ];
    },
  },
  {
    title: 'Too many requests wait',
    provoke: async (scene) => {
      const { client } = await scene.start({ workers: false, maxPending: 1 });
      const first = client.send('reports', {}).subscribe({ error: () => undefined });
      const error = await errorOf(() => lastValueFrom(client.send('reports', {})));
      first.unsubscribe();
      return [error];
    },
  },
  {
    title: 'The client is closed',
    provoke: async (scene) => {
      const { app, client } = await scene.start({ workers: false });
      await app.close();
      return [await errorOf(() => lastValueFrom(client.send('reports', {})))];
    },
  },
  {
    title: 'An option of a call is misspelt',
    provoke: (scene) => refused(scene, {}, { timout: 5_000 }),
  },
  {
    title: 'A header is no text',
    provoke: (scene) => refused(scene, {}, { headers: { tenant: undefined } }),
  },
  {
    title: 'The name of the queue is no text',
    provoke: async (scene) => {
      const { client } = await scene.start({ workers: false });
      return [await errorOf(() => lastValueFrom(client.send('' as string, {})))];
    },
  },
];
