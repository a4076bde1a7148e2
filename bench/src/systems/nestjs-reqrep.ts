import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnJob, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { OURS } from '../results.js';
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

export const system: System = {
  name: OURS,
  title: 'nestjs-reqrep',
  server: 'Redis',
  setup:
    'Default options, so that every job is protected; only `maxPending` is raised, for the backlog.',
  serve: async (url, queues) => {
    const app = await NestFactory.createApplicationContext(
      {
        module: class WorkerModule {},
        imports: [ReqRepModule.forRoot({ connection: url })],
        providers: [workerOf(queues)],
      },
      { logger: ['error', 'warn'] },
    );
    return { close: () => app.close() };
  },
  connect: async (url) => {
    const app = await NestFactory.createApplicationContext(
      {
        module: class RequesterModule {},
        imports: [ReqRepModule.forRoot({ connection: url, maxPending: MOST_PENDING })],
      },
      { logger: ['error', 'warn'] },
    );
    const client = app.get(RequestClient);
    return {
      ask: (queue, data, onEnd) => {
        let reply: Payload | undefined;
        client.send<Payload>(queue, data).subscribe({
          next: (value) => (reply = value),
          error: onEnd,
          complete: () => onEnd(undefined, reply),
        });
      },
      stream: (count, onValue, onEnd) => {
        client
          .send<number>(NUMBERS, count)
          .subscribe({ next: onValue, error: onEnd, complete: () => onEnd(undefined) });
      },
      close: () => app.close(),
    };
  },
};
