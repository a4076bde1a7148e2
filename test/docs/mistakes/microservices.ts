import { Controller, Module } from '@nestjs/common';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { ReqRepClient, ReqRepServer } from '../../../lib/microservices/index.js';
import type { Mistake } from '../mistake.js';
import { PrintedLog } from '../printed-log.js';
import { errorOf, type Scene } from '../scene.js';

@Controller()
class Orders {
  @MessagePattern({ cmd: 'sum' })
  sum(): number {
    return 0;
  }
}

@Module({ controllers: [Orders] })
class OrdersModule {}

/** Starts a service, and a client of its queue. */
async function start(scene: Scene): Promise<{ log: PrintedLog; client: ReqRepClient }> {
  const log = new PrintedLog();
  const options = { connection: scene.redis.url, queue: 'orders' };
  const module = await Test.createTestingModule({ imports: [OrdersModule] })
    .setLogger(log)
    .compile();
  const app = module.createNestMicroservice<MicroserviceOptions>({
    strategy: new ReqRepServer(options),
  });
  scene.atEnd(() => app.close());
  await app.listen();
  const client = new ReqRepClient(options);
  scene.atEnd(() => client.close());
  return { log, client };
}

export const microservices: Mistake[] = [
  {
    title: 'A server or a client has no queue',
    provoke: async () => [await errorOf(() => new ReqRepServer({} as never))],
  },
  {
    title: 'Extras have options without a queue',
    provoke: async () => {
      const server = new ReqRepServer({ queue: 'orders' });
      const add = (): void => server.addHandler('sum', async () => 0, false, { concurrency: 2 });
      return [await errorOf(add)];
    },
  },
  {
    title: 'Nobody handles the pattern',
    provoke: async (scene) => {
      const { log, client } = await start(scene);
      const error = await errorOf(() => lastValueFrom(client.send('sum', [1])));
      return [error, ...(await log.troubles())];
    },
  },
];
