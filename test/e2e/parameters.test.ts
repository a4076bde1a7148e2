import * as nest from '@nestjs/common';
import {
  createParamDecorator,
  Injectable,
  ParseIntPipe,
  UsePipes,
  type ExecutionContext,
  type PipeTransform,
} from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  JobCtx,
  JobData,
  OnJob,
  switchToReqRep,
  type JobContext,
  type StandardSchema,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

describe('parameters', () => {
  it('get the data, a property of it or the context of the job, in any order', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(
        @JobCtx() job: JobContext,
        @JobData('amount', ParseIntPipe) amount: number,
        @JobData() all: object,
      ) {
        return [job.queue, amount, all];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    const data = { amount: '12' };
    expect(await lastValueFrom(client.send(queue, data))).toEqual([queue, 12, data]);
    expect(await failureOf(client.send(queue, { amount: 'many' }))).toMatchObject({ status: 400 });
    expect(await failureOf(client.send(queue))).toMatchObject({ status: 400 });
  });

  it('may have pipes without a property, as classes and as objects', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(@JobData(ParseIntPipe, { transform: (value: number) => value + 1 }) value: number) {
        return value;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue, '4'))).toBe(5);
  });

  it('without a decorator get the data if another one has `@JobCtx`', async () => {
    const [first, second] = [randomQueue(), randomQueue()];
    @Injectable()
    class Worker {
      @OnJob(first)
      run(@JobCtx() job: JobContext, data: unknown) {
        return [job.queue, data];
      }

      @UsePipes({ transform: (value: number) => value * 10 })
      @OnJob(second)
      piped(data: unknown, @JobCtx() job: JobContext) {
        return [job.queue, data];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(first, 1))).toEqual([first, 1]);
    expect(await lastValueFrom(client.send(second, 1))).toEqual([second, 10]);
  });

  it('may have decorators of the application', async () => {
    const queue = randomQueue();
    const Tenant = createParamDecorator((fallback: string, context: ExecutionContext) => {
      const { headers } = switchToReqRep(context).getJob();
      return headers['tenant'] ?? `${fallback} of ${context.getHandler().name}`;
    });
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(@Tenant('nobody') tenant: string, @JobData() data: unknown) {
        return [tenant, data];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    const headers = { tenant: 'ann' };
    expect(await lastValueFrom(client.send(queue, 1, { headers }))).toEqual(['ann', 1]);
    expect(await lastValueFrom(client.send(queue, 1))).toEqual(['nobody of run', 1]);
  });

  it('get the data if decorators of the application fill the others', async () => {
    const [first, second] = [randomQueue(), randomQueue()];
    const Queue = createParamDecorator(
      (_: unknown, context: ExecutionContext) => switchToReqRep(context).getJob().queue,
    );
    @Injectable()
    class Worker {
      @OnJob(first)
      after(@Queue() queue: string, data: unknown) {
        return [queue, data];
      }

      @OnJob(second)
      before(data: unknown, @Queue() queue: string) {
        return [queue, data];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(first, 1))).toEqual([first, 1]);
    expect(await lastValueFrom(client.send(second, 1))).toEqual([second, 1]);
  });

  it('of an overriding and of an inherited method follow their own decorators', async () => {
    const [overridden, inherited] = [randomQueue(), randomQueue()];
    class Base {
      @OnJob(overridden)
      one(@JobCtx() job: JobContext, data: unknown): unknown {
        return ['base', job.queue, data];
      }

      @OnJob(inherited)
      two(@JobCtx() job: JobContext, @JobData('a') a: unknown): unknown {
        return [job.queue, a];
      }
    }
    @Injectable()
    class Worker extends Base {
      @OnJob(overridden)
      override one(data: unknown, job: unknown): unknown {
        return ['own', (job as JobContext).queue, data];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(overridden, 1))).toEqual(['own', overridden, 1]);
    expect(await lastValueFrom(client.send(inherited, { a: 2 }))).toEqual([inherited, 2]);
  });
});

describe('a schema', () => {
  /** A Standard Schema that converts a string to a number. */
  const aNumber: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof value === 'string' && /^\d+$/.test(value)
          ? { value: Number(value) }
          : { issues: [{ message: 'no number', path: ['a', { key: 0 }] }] },
    },
  };

  function workerOf(queue: string, kind: string) {
    @Injectable()
    class Whole {
      @OnJob(queue)
      run(@JobData({ schema: aNumber }) value: number) {
        return ['whole', value];
      }
    }
    @Injectable()
    class Property {
      @OnJob(queue)
      run(@JobData('amount', { schema: aNumber, pipes: [Double] }, Double) value: number) {
        return ['property', value];
      }
    }
    return kind === 'whole' ? Whole : Property;
  }

  class Double {
    transform(value: number) {
      return value * 2;
    }
  }

  it.each([
    ['whole', '4', ['whole', 4]],
    ['property', { amount: '4' }, ['property', 16]],
  ])('validates and changes the %s', async (kind, data, reply) => {
    const queue = randomQueue();
    const { client } = await startApp({ connection: server.url }, [workerOf(queue, kind)]);
    expect(await lastValueFrom(client.send(queue, data))).toEqual(reply);
    expect(await failureOf(client.send(queue, { amount: 'x' }))).toMatchObject({
      status: 400,
      response: { message: ['a.0: no number'] },
    });
  });

  const Known = Reflect.get(nest, 'StandardSchemaValidationPipe') as
    undefined | (new (options: object) => PipeTransform);

  it.runIf(Known)("is validated by Nest's own schema pipe if there is one", async () => {
    const queue = randomQueue();
    const pipe = Known && new Known({ errorHttpStatusCode: 422 });
    @Injectable()
    class Worker {
      @UsePipes(...(pipe ? [pipe] : []))
      @OnJob(queue)
      run(@JobData({ schema: aNumber }) value: number) {
        return value;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue, '4'))).toBe(4);
    expect(await failureOf(client.send(queue, 'x'))).toMatchObject({ status: 422 });
  });
});
