import { lastValueFrom } from 'rxjs';
import { createReqRep, type CreateReqRepOptions, type ReqRep } from '../../../lib/core/index.js';
import type { Mistake } from '../mistake.js';
import { errorOf, type Scene } from '../scene.js';

/** A client and workers without Nest at the scene's server. */
function open(scene: Scene, options: object = {}): ReqRep {
  const made = { connection: scene.redis.url, ...options } as CreateReqRepOptions;
  const reqRep = createReqRep(made);
  scene.atEnd(reqRep.close);
  return reqRep;
}

const render = (): string => 'a report';

export const core: Mistake[] = [
  {
    title: 'An option of createReqRep is one of ReqRepModule alone',
    provoke: async (scene) => [await errorOf(() => open(scene, { globalEnhancers: true }))],
  },
  {
    title: 'A queue is served twice',
    provoke: async (scene) => {
      const { workers } = open(scene);
      await workers.serve('reports', render);
      return [await errorOf(() => workers.serve('reports', () => 'another'))];
    },
  },
  {
    title: 'An option of workers.serve is misspelt or wrong',
    provoke: async (scene) => [
      await errorOf(() => open(scene).workers.serve('reports', render, { concurrency: 0 })),
    ],
  },
  {
    title: 'A queue is served after the end',
    provoke: async (scene) => {
      const { workers, close } = open(scene);
      await close();
      return [await errorOf(() => workers.serve('reports', render))];
    },
  },
  {
    title: 'Nobody serves the queue that is asked without Nest',
    provoke: async (scene) => {
      const { client } = open(scene);
      return [await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout: 300 })))];
    },
  },
];
