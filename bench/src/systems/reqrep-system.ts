import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnJob, ReqRepModule, RequestClient, type ReqRepModuleOptions } from 'nestjs-reqrep';
import { requesterOf } from './observable-requester.js';
import { answer, NUMBERS, numbersBelow, type Payload, type System } from './system.js';

/** More than the longest backlog, which alone would meet the limit. */
const MOST_PENDING = 250_000;

function workerOf(queues: readonly string[]): Type {
  class Worker {
    double(data: Payload): Payload {
      return answer(data);
    }

    numbers(count: number): AsyncIterable<number> {
      return numbersBelow(count);
    }
  }
  for (const queue of queues) {
    const method = queue === NUMBERS ? 'numbers' : 'double';
    OnJob(queue)(Worker.prototype, method, { value: Worker.prototype[method] as () => unknown });
  }
  return Worker;
}

/** @param optionsOf - returns options for some queues, beside the connection. */
export const reqRepSystem = (
  description: Omit<System, 'serve' | 'connect'>,
  optionsOf: (queues: readonly string[]) => ReqRepModuleOptions = () => ({}),
): System => ({
  ...description,
  serve: async (url, queues) => {
    const app = await NestFactory.createApplicationContext(
      {
        module: class WorkerModule {},
        imports: [ReqRepModule.forRoot({ ...optionsOf(queues), connection: url })],
        providers: [workerOf(queues)],
      },
      { logger: ['error', 'warn'] },
    );
    return { close: () => app.close() };
  },
  connect: async (url, queues) => {
    const app = await NestFactory.createApplicationContext(
      {
        module: class RequesterModule {},
        imports: [
          ReqRepModule.forRoot({
            ...optionsOf(queues),
            connection: url,
            maxPending: MOST_PENDING,
          }),
        ],
      },
      { logger: ['error', 'warn'] },
    );
    return requesterOf(app.get(RequestClient), () => app.close());
  },
});
