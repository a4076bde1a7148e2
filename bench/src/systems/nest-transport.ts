import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type ClientProxy, type MicroserviceOptions } from '@nestjs/microservices';
import { from, type Observable } from 'rxjs';
import { requesterOf } from './observable-requester.js';
import {
  answer,
  NUMBERS,
  numbersBelow,
  type Payload,
  type Requester,
  type Service,
} from './system.js';

function controllerOf(queues: readonly string[]): Type {
  class Handlers {
    double(data: Payload): Payload {
      return answer(data);
    }

    numbers(count: number): Observable<number> {
      return from(numbersBelow(count));
    }
  }
  for (const queue of queues) {
    const method = queue === NUMBERS ? 'numbers' : 'double';
    const descriptor = { value: Handlers.prototype[method] as (data: never) => unknown };
    MessagePattern(queue)(Handlers.prototype, method, descriptor);
  }
  return Handlers;
}

/** Answers with a microservice of Nest. */
export async function serveWith(
  options: MicroserviceOptions,
  queues: readonly string[],
): Promise<Service> {
  const controllers = queues.map((queue) => controllerOf([queue]));
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(
    { module: class WorkerModule {}, controllers },
    { ...options, logger: ['error', 'warn'] },
  );
  await app.listen();
  return { close: () => app.close() };
}

/** Asks with one of Nest's client proxies. */
export async function askWith(
  client: Pick<ClientProxy, 'connect' | 'send' | 'close'>,
): Promise<Requester> {
  await client.connect();
  return requesterOf(client, async () => client.close());
}
