import {
  Catch,
  Controller,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestMicroservice,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import {
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  type RequestContext,
} from '@nestjs/microservices';
import { from, lastValueFrom, map, throwError, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ReqRepContext } from '../../lib/microservices/index.js';
import { failureOf } from '../support/failure-of.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

class HasTenant implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const rpc = context.switchToRpc();
    const { tenant } = rpc.getData<{ tenant?: string }>();
    return tenant !== undefined && rpc.getContext<ReqRepContext>().getPattern() !== '';
  }
}

class Named implements PipeTransform {
  transform(value: { name?: string }): object {
    return { ...value, name: value.name ?? 'piped' };
  }
}

class Wrapped implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((reply) => ({ reply })));
  }
}

class Refusal extends Error {}

@Catch(Refusal)
class RefusalFilter implements ExceptionFilter {
  catch({ message }: Refusal, host: ArgumentsHost): Observable<never> {
    const { tenant } = host.switchToRpc().getData<{ tenant?: string }>();
    return throwError(() => ({ refused: message, tenant }));
  }
}

interface Sent {
  readonly name?: string;
  readonly tenant?: string;
}

@Injectable({ scope: Scope.REQUEST })
class PerMessage {
  static made = 0;

  constructor(@Inject(REQUEST) readonly request: RequestContext) {
    PerMessage.made++;
  }
}

@Controller()
class Plain {
  @MessagePattern('echo')
  echo(data: Sent): Sent {
    return data;
  }

  @MessagePattern('stream')
  stream(data: Sent): Observable<Sent> {
    return from([data, data]);
  }

  @MessagePattern('refuse')
  refuse(): never {
    throw new Refusal('sold out');
  }
}

@Controller()
@UseGuards(HasTenant)
@UseFilters(RefusalFilter)
class Local {
  @MessagePattern('local')
  @UsePipes(Named)
  @UseInterceptors(Wrapped)
  local(data: Sent): Sent {
    return data;
  }

  @MessagePattern('local refuse')
  refuse(): never {
    throw new Refusal('sold out');
  }

  @MessagePattern('parsed')
  parsed(@Payload('id', ParseIntPipe) id: number): number {
    return id;
  }
}

const scopedEvents: unknown[] = [];

@Controller()
class Scoped {
  constructor(private readonly each: PerMessage) {}

  @MessagePattern({ cmd: 'scoped' })
  scoped(data: string): object {
    const { request } = this.each;
    return { pattern: request.getPattern(), same: request.getData() === data };
  }

  @MessagePattern('scoped failure')
  failure(): never {
    throw new RpcException('scoped');
  }

  @EventPattern('scoped event')
  event(data: string): void {
    scopedEvents.push([data, this.each.request.getData()]);
  }
}

async function start(
  prepare: (app: INestMicroservice) => void = () => undefined,
  providers: Parameters<typeof startService>[1]['providers'] = [],
) {
  const queue = randomQueue();
  const controllers = [Plain, Local, Scoped];
  const metadata = { controllers, providers: [PerMessage, ...providers] };
  const service = await startService({ connection: server.url, queue }, metadata, prepare);
  const client = clientOf({ connection: server.url, queue });
  return { ...service, client };
}

describe('of a class or a method', () => {
  it('a guard, a pipe and an interceptor run on messages', async () => {
    const { client } = await start();
    expect(await failureOf(client.send('local', {}))).toEqual({
      status: 'error',
      message: 'Forbidden resource',
    });
    expect(await lastValueFrom(client.send('local', { tenant: 'acme' }))).toEqual({
      reply: { tenant: 'acme', name: 'piped' },
    });
  });

  it('a pipe of a parameter runs, and its error is one of the handler', async () => {
    const { client } = await start();
    const tenant = 'acme';
    expect(await lastValueFrom(client.send('parsed', { tenant, id: '7' }))).toBe(7);
    expect(await failureOf(client.send('parsed', { tenant, id: 'x' }))).toEqual({
      status: 'error',
      message: 'Internal server error',
    });
  });

  it('a filter decides what the caller gets', async () => {
    const { client } = await start();
    expect(await failureOf(client.send('local refuse', { tenant: 'acme' }))).toEqual({
      refused: 'sold out',
      tenant: 'acme',
    });
  });
});

describe('of the application', () => {
  it('a guard, a pipe, an interceptor and a filter run on messages', async () => {
    const { client } = await start((app) => {
      app.useGlobalGuards(new HasTenant());
      app.useGlobalPipes(new Named());
      app.useGlobalInterceptors(new Wrapped());
      app.useGlobalFilters(new RefusalFilter());
    });
    expect(await failureOf(client.send('echo', {}))).toMatchObject({
      message: 'Forbidden resource',
    });
    const tenant = 'acme';
    expect(await lastValueFrom(client.send('echo', { tenant }))).toEqual({
      reply: { tenant, name: 'piped' },
    });
    expect(await lastValueFrom(client.send('stream', { tenant }).pipe(toArray()))).toEqual([
      { reply: { tenant, name: 'piped' } },
      { reply: { tenant, name: 'piped' } },
    ]);
    expect(await failureOf(client.send('refuse', { tenant }))).toEqual({
      refused: 'sold out',
      tenant,
    });
  });

  it('a guard runs that a module provides', async () => {
    const { client } = await start(undefined, [{ provide: APP_GUARD, useClass: HasTenant }]);
    expect(await failureOf(client.send('echo', {}))).toMatchObject({
      message: 'Forbidden resource',
    });
    expect(await lastValueFrom(client.send('echo', { tenant: 'a' }))).toEqual({ tenant: 'a' });
  });
});

it('a request-scoped controller is made for each message, and knows it', async () => {
  const { client } = await start();
  const before = PerMessage.made;
  const send = (): Promise<unknown> => lastValueFrom(client.send({ cmd: 'scoped' }, 'data'));
  expect(await Promise.all([send(), send()])).toEqual([
    { pattern: { cmd: 'scoped' }, same: true },
    { pattern: { cmd: 'scoped' }, same: true },
  ]);
  expect(PerMessage.made - before).toBe(2);
  expect(await failureOf(client.send('scoped failure', {}))).toEqual({
    status: 'error',
    message: 'scoped',
  });
  client.emit('scoped event', 'stored');
  await waitFor(() => scopedEvents.length > 0);
  expect(scopedEvents).toEqual([['stored', 'stored']]);
});
