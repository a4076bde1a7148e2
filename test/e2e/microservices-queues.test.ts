import { Controller, type Type } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { InvalidOptionError } from '../../lib/index.js';
import { ReqRepServer, type ReqRepHandlerExtras } from '../../lib/microservices/index.js';
import { failureOf } from '../support/failure-of.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

/** @returns a controller whose handlers have extras. */
function controllerWith(first: object, second: object = {}): Type {
  class Reports {
    @MessagePattern('render', first)
    render(id: string): string {
      return `report ${id}`;
    }

    @EventPattern('rendered', second)
    rendered(_id: string): void {}

    @MessagePattern('plain')
    plain(): string {
      return 'plain';
    }
  }
  Controller()(Reports);
  return Reports;
}

it('is that of the handlers whose extras name it, with options of its own', async () => {
  const [queue, own] = [randomQueue(), randomQueue()];
  const extras: ReqRepHandlerExtras = { queue: own, concurrency: 2, maxDeliveries: 1 };
  const controllers = [controllerWith(extras, { queue: own, concurrency: 2 })];
  const service = await startService(
    { connection: server.url, queue, concurrency: 7 },
    { controllers },
  );
  expect(service.server.unwrap().status.queues).toMatchObject([
    { queue: own, concurrency: 2, handler: 'render, rendered' },
    { queue, concurrency: 7, handler: 'plain' },
  ]);
  const client = clientOf({ connection: server.url, queue: own });
  expect(await lastValueFrom(client.send('render', 'A7'))).toBe('report A7');
  expect(await lastValueFrom(clientOf({ connection: server.url, queue }).send('plain', {}))).toBe(
    'plain',
  );
});

it('is not that of handlers without one', async () => {
  const [queue, own] = [randomQueue(), randomQueue()];
  const controllers = [controllerWith({ queue: own })];
  await startService({ connection: server.url, queue }, { controllers });
  const client = clientOf({ connection: server.url, queue });
  expect(await failureOf(client.send('render', 'A7'))).toContain('no matching message handler');
});

it.each([
  [{ queue: '' }, {}, 'queue in the extras of the pattern render to be a non-empty string'],
  [{ queue: 'a', concurrency: 0 }, {}, 'concurrency in the extras of the pattern render'],
  [{ queue: 'a', concurency: 1 }, {}, 'did you mean `concurrency`'],
  [{ concurrency: 2 }, {}, 'because concurrency is an option of a queue, got `undefined`'],
  [
    { queue: 'a', concurrency: 2 },
    { queue: 'a', concurrency: 3 },
    'concurrency in the extras of the pattern rendered to be that of the other handlers of queue "a", `2` (number), got `3`',
  ],
])('of the extras %j and %j is refused at the start', async (first, second, message) => {
  const controllers = [controllerWith(first, second)];
  const start = startService({ connection: server.url, queue: randomQueue() }, { controllers });
  await expect(start).rejects.toThrow(InvalidOptionError);
  await expect(start).rejects.toThrow(message);
});

it('leaves extras alone that are for others', () => {
  const microservice = new ReqRepServer({ connection: server.url, queue: randomQueue() });
  const handler = async (): Promise<void> => undefined;
  microservice.addHandler('render', handler, false, { timeout: 'long', role: 'admin' });
  expect(microservice.getHandlerByPattern('render')).toBe(handler);
  expect([...microservice.getHandlers().keys()]).toEqual(['render']);
});
