import { setTimeout as delay } from 'node:timers/promises';
import { BadRequestException } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf } from '../scene.js';

export const workers: Mistake[] = [
  {
    title: 'A handler threw',
    provoke: async (scene) => {
      const failing = workerOf('reports', () => {
        throw new Error('no paper left', { cause: new Error('tray 2 is empty') });
      });
      const { client, log } = await scene.start({}, [failing]);
      const error = await errorOf(() => lastValueFrom(client.send('reports', {})));
      return [...(await log.troubles()), error];
    },
  },
  {
    title: 'A handler refused the data',
    provoke: async (scene) => {
      const failing = workerOf('reports', () => {
        throw new BadRequestException(['id must be longer than 2 characters']);
      });
      const { client, log } = await scene.start({}, [failing]);
      const error = await errorOf(() => lastValueFrom(client.send('reports', {})));
      return [...log.lines.filter((line) => /^(WARN|ERROR)/.test(line)), error];
    },
  },
  {
    title: 'A handler took longer than its timeout',
    provoke: async (scene) => {
      const slow = workerOf('reports', () => delay(300), { timeout: 100 });
      const { client, log } = await scene.start({}, [slow]);
      const error = await errorOf(() => lastValueFrom(client.send('reports', {})));
      return [...(await log.troubles()), error];
    },
  },
  {
    title: 'A job cannot be read',
    provoke: async (scene) => {
      const { log } = await scene.start({}, [workerOf('reports')]);
      await scene.redis.look.rpush('reportsrequests', 'no JSON');
      return log.troubles();
    },
  },
];
