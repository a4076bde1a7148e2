import { lastValueFrom } from 'rxjs';
import { tellsRights } from '../../support/tells-rights.js';
import type { Mistake } from '../mistake.js';
import type { PrintedLog } from '../printed-log.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

/** What the client logs, at the same time as others log theirs, where it may not read its replies. */
const UNREAD = /Cannot wait for replies/;

/**
 * What a worker's process logs and what its own request is told, where the user has not all rights.
 * @param needs - how many times it looks for what it lacks: as a worker, and as a requester if it is connected then.
 * @param last - a line that may come behind others, and behind the error of the request.
 */
async function toldWithout(
  scene: Scene,
  needs: number,
  rules: readonly string[],
  last?: RegExp,
): Promise<string[]> {
  const { redis } = scene;
  const all = ['reset', 'on', '>secret', '~*', '&*', '+@all'];
  await redis.look.call('ACL', 'SETUSER', 'joe', ...all, ...rules);
  const connection = redis.url.replace('//', '//joe:secret@');
  const { client, log } = await scene.start({ connection }, [workerOf('reports')]);
  const error = await errorOf(() => lastValueFrom(client.send('reports', {}, { timeout: 1_000 })));
  await lacksTold(scene, log, needs);
  if (!last) {
    return [...(await log.troubles()), error];
  }
  await log.troubles(1, last);
  return [...(await log.troubles()).toSorted(), error];
}

/** Waits until what the user lacks was said so many times, where the server tells it. */
async function lacksTold({ redis }: Scene, log: PrintedLog, count: number): Promise<void> {
  if (await tellsRights(redis)) {
    await log.troubles(count, / lacks rights /);
  }
}

export const rights: Mistake[] = [
  {
    title: 'The user may not touch the keys',
    provoke: (scene) => toldWithout(scene, 2, ['resetkeys', '~other:*'], UNREAD),
  },
  {
    title: 'The user may not block',
    // The worker and the client find out at the same time.
    provoke: (scene) => toldWithout(scene, 2, ['-@blocking'], UNREAD),
  },
  {
    title: 'The user may not run scripts',
    provoke: (scene) => toldWithout(scene, 2, ['-@scripting']),
  },
  {
    title: 'The user may not ask for the time',
    // The look at the rights and the handshake find out at the same time.
    provoke: async (scene) => (await toldWithout(scene, 1, ['-time'])).toSorted(),
  },
  {
    title: 'The user may not use the channels',
    provoke: async (scene) => {
      const { redis } = scene;
      const rules = ['reset', 'on', '>secret', '~*', 'resetchannels', '+@all'];
      await redis.look.call('ACL', 'SETUSER', 'joe', ...rules);
      const connection = redis.url.replace('//', '//joe:secret@');
      const { log } = await scene.start({ connection }, [workerOf('reports')]);
      await lacksTold(scene, log, 1);
      await log.troubles(1, /Cannot subscribe/);
      // Two connections find out at the same time.
      return (await log.troubles()).toSorted();
    },
  },
];
