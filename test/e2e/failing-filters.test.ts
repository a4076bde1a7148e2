import {
  BadRequestException,
  Catch,
  Injectable,
  ServiceUnavailableException,
  UseFilters,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type ExceptionFilter,
  type NestInterceptor,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { Length } from 'class-validator';
import { catchError, lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

@Catch()
class AllExceptionsFilter extends BaseExceptionFilter {}

@Catch()
class PageFilter implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): void {
    host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(text: string): void } }>()
      .status(500)
      .send(error.message);
  }
}

async function start(filter: new () => ExceptionFilter, queue = randomQueue()) {
  @Injectable()
  @UseFilters(filter)
  class Worker {
    @OnJob(queue)
    run(kind: string) {
      throw kind === 'http' ? new BadRequestException('no id') : new RangeError('no paper');
    }
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  return { log, fail: (kind: string) => failureOf(client.send(queue, kind)), queue };
}

it.each([AllExceptionsFilter, PageFilter])(
  'a filter written for HTTP that fails does not hide the error from caller and log: %o',
  async (filter) => {
    const { fail, log, queue } = await start(filter);
    expect(await fail('own')).toMatchObject({
      message: 'no paper',
      remote: { name: 'RangeError' },
    });
    expect(log.text).toContain(`of queue "${queue}": RangeError: no paper`);
    expect(log.text).toContain(
      `Worker#run failed in an exception filter (${filter.name}), called to handle "RangeError: no paper", on job`,
    );
    expect(log.text).toMatch(/on job .*: TypeError: /);
    expect(await fail('http')).toMatchObject({ status: 400, message: 'no id' });
  },
);

it('an error that a filter throws on purpose replaces the error of the handler, and the log names both', async () => {
  class Wrapping implements ExceptionFilter {
    catch(error: Error): never {
      throw error instanceof RangeError ? new Error('wrapped') : new ServiceUnavailableException();
    }
  }
  const { fail, log } = await start(Wrapping);
  expect(await fail('own')).toMatchObject({ message: 'wrapped' });
  expect(log.text).toContain('Error: wrapped (while handling RangeError: no paper)');
  expect(await fail('http')).toMatchObject({ status: 503 });
  expect(log.lines).toHaveLength(1);
});

it('an interceptor that fails while it handles an error, also of a stream, does not hide that error', async () => {
  const [queue, streamed] = [randomQueue(), randomQueue()];
  class Failing implements NestInterceptor {
    intercept(_: unknown, next: Parameters<NestInterceptor['intercept']>[1]) {
      return next.handle().pipe(
        catchError((error: { response: { status: number } }) => {
          throw new Error(`status ${error.response.status}`);
        }),
      );
    }
  }
  @Injectable()
  @UseInterceptors(Failing)
  class Worker {
    @OnJob(queue)
    async run() {
      throw new RangeError('no paper');
    }

    @OnJob(streamed)
    async *rows() {
      yield 1;
      throw new RangeError('no paper');
    }
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  for (const each of [queue, streamed]) {
    expect(await failureOf(client.send(each))).toMatchObject({
      message: 'no paper',
      remote: { name: 'RangeError' },
    });
  }
  expect(log.text).toContain(
    'Worker#rows failed in an interceptor, called to handle "RangeError: no paper", on job',
  );
});

it('an emitted job that a pipe rejects is logged with the reason', async () => {
  const queue = randomQueue();
  class Request {
    @Length(2, 2)
    id!: string;
  }
  @Injectable()
  class Worker {
    @UsePipes(new ValidationPipe({ expectedType: Request }))
    @OnJob(queue)
    run() {}
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  await lastValueFrom(client.emit(queue, { id: 'long' }));
  await waitFor(() => log.text.includes('failed'));
  expect(log.text).toContain(
    'BadRequestException: Bad Request Exception: ["id must be shorter than or equal to 2 characters"]',
  );
});
