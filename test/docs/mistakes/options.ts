import { ReqRepDashboardModule } from '../../../lib/dashboard/index.js';
import { ReqRepModule, type ReqRepModuleOptions } from '../../../lib/index.js';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

/** What a start with these options ends with. */
const refused = async (scene: Scene, options: object): Promise<string[]> => [
  await errorOf(() => scene.start(options as ReqRepModuleOptions)),
];

export const options: Mistake[] = [
  {
    title: 'The name of an option is misspelt',
    provoke: (scene) => refused(scene, { concurency: 8 }),
  },
  {
    title: 'An option has a wrong value',
    provoke: (scene) => refused(scene, { timeout: '5s' }),
  },
  {
    title: 'The URL cannot be read',
    provoke: (scene) => refused(scene, { connection: 'redis://joe:secret@localhost:63x79' }),
  },
  {
    title: 'The URL is of something else',
    provoke: (scene) => refused(scene, { connection: 'http://localhost:6379' }),
  },
  {
    title: 'The database in the URL is no number',
    provoke: (scene) => refused(scene, { connection: 'redis://localhost:6379/reports' }),
  },
  {
    title: 'The connection has an option that ioredis does not know',
    provoke: (scene) => refused(scene, { connection: { url: 'redis://localhost:6379' } }),
  },
  {
    title: 'The name of an option of the connection is misspelt',
    provoke: (scene) => refused(scene, { connection: { hots: 'localhost', port: 6379 } }),
  },
  {
    title: 'The connection has a keyPrefix',
    provoke: (scene) => refused(scene, { connection: { keyPrefix: 'billing:' } }),
  },
  {
    title: 'The connection is given twice',
    provoke: (scene) => refused(scene, { connection: scene.redis.url, host: 'localhost' }),
  },
  {
    title: 'The prefix has no separator',
    provoke: async (scene) => {
      const { log } = await scene.start({ prefix: 'billing', workers: false });
      return log.troubles();
    },
  },
  {
    title: 'The name of an instance is among the options of a factory',
    provoke: async (scene) => {
      const useFactory = (): ReqRepModuleOptions => ({ name: 'billing' }) as ReqRepModuleOptions;
      return [
        await errorOf(() =>
          scene.startModule({ imports: [ReqRepModule.forRootAsync({ useFactory })] }),
        ),
      ];
    },
  },
  {
    title: 'An option of @OnJob is misspelt or wrong',
    provoke: async (scene) => {
      const wrong = { concurrency: 0 };
      return [await errorOf(() => scene.start({}, [workerOf('reports', undefined, wrong)]))];
    },
  },
  {
    title: 'An option of the dashboard is misspelt or wrong',
    provoke: async () => [
      await errorOf(() => ReqRepDashboardModule.forRoot({ readonly: true } as object)),
      await errorOf(() => ReqRepDashboardModule.forRoot({ path: '/queues/:name' })),
    ],
  },
  {
    title: 'The dashboard is of an instance that does not exist',
    provoke: async (scene) => [
      await errorOf(() =>
        scene.startModule({
          imports: [
            ReqRepModule.forRoot({ connection: scene.redis.url }),
            ReqRepDashboardModule.forRoot({ instance: 'billing' }),
          ],
        }),
      ),
    ],
  },
];
