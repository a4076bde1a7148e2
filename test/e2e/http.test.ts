import { Controller, ForbiddenException, Get, Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { OnJob, ReqRepModule, RequestClient } from '../../lib/index.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

it('an HTTP controller that returns a request responds with its reply or its exception', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: string) {
      if (data === 'secret') {
        throw new ForbiddenException('not for you');
      }
      return { data };
    }
  }
  @Controller()
  class Pages {
    constructor(private readonly requests: RequestClient) {}

    @Get('open')
    open() {
      return this.requests.send(queue, 'open');
    }

    @Get('secret')
    secret() {
      return this.requests.send(queue, 'secret');
    }
  }
  class AppModule {}
  const app = await NestFactory.create(
    {
      module: AppModule,
      imports: [ReqRepModule.forRoot({ connection: server.url })],
      providers: [Worker],
      controllers: [Pages],
    },
    { logger: false },
  );
  try {
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const open = await fetch(`${url}/open`);
    expect([open.status, await open.json()]).toEqual([200, { data: 'open' }]);
    const secret = await fetch(`${url}/secret`);
    expect([secret.status, await secret.json()]).toEqual([
      403,
      { message: 'not for you', error: 'Forbidden', statusCode: 403 },
    ]);
  } finally {
    await app.close();
  }
});
