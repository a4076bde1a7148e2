import { lastValueFrom } from 'rxjs';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

/** What a worker's process logs and what its own request is told, where the user has not all rights. */
async function toldWithout(scene: Scene, ...rules: string[]): Promise<string[]> {
  const { redis } = scene;
  const all = ['reset', 'on', '>secret', '~*', '&*', '+@all'];
  await redis.look.call('ACL', 'SETUSER', 'joe', ...all, ...rules);
  const connection = redis.url.replace('//', '//joe:secret@');
  const { client, log } = await scene.start({ connection }, [workerOf('reports')]);
  const error = await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout: 1_000 })));
  return [...(await log.troubles()), error];
}

export const rights: Mistake[] = [
  {
    title: 'The user may not touch the keys',
    provoke: (scene) => toldWithout(scene, 'resetkeys', '~other:*'),
  },
  {
    title: 'The user may not block',
    // The worker and the client find out at the same time.
    provoke: async (scene) => (await toldWithout(scene, '-@blocking')).toSorted(),
  },
  {
    title: 'The user may not run scripts',
    provoke: (scene) => toldWithout(scene, '-@scripting'),
  },
  {
    title: 'The user may not ask for the time',
    provoke: (scene) => toldWithout(scene, '-time'),
  },
  {
    title: 'The user may not use the channels',
    provoke: async (scene) => {
      const { redis } = scene;
      const rules = ['reset', 'on', '>secret', '~*', 'resetchannels', '+@all'];
      await redis.look.call('ACL', 'SETUSER', 'joe', ...rules);
      const connection = redis.url.replace('//', '//joe:secret@');
      const { log } = await scene.start({ connection }, [workerOf('reports')]);
      // Two connections find out at the same time.
      return (await log.troubles()).toSorted();
    },
  },
];
