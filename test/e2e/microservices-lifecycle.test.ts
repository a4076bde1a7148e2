import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import {
  Controller,
  Injectable,
  Module,
  type INestApplication,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import {
  ClientProxy,
  ClientsModule,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { defer, firstValueFrom, lastValueFrom, of, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientClosedError, ConnectionFailedError, RequestTimeoutError } from '../../lib/index.js';
import {
  ReqRepClient,
  ReqRepServer,
  ReqRepServersModule,
  type ReqRepContext,
} from '../../lib/microservices/index.js';
import { failureOf } from '../support/failure-of.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { describeOnRedis, useServer } from '../support/server.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Is open until the shutdown hook closes it. Says what happened, in its order. */
@Injectable()
class Store implements OnModuleDestroy, OnApplicationShutdown {
  readonly said: string[] = [];
  release: () => void = () => undefined;

  read(id: string): string {
    this.said.push(`read ${id}`);
    return `report ${id}`;
  }

  /** Resolves when the test calls {@link release}. */
  readLater(id: string): Promise<string> {
    this.said.push(`began ${id}`);
    return new Promise((resolve) => {
      this.release = () => resolve(this.read(id));
    });
  }

  onModuleDestroy(): void {
    this.said.push('closed');
  }

  onApplicationShutdown(): void {
    this.said.push('shut down');
  }
}

@Controller()
class Reports {
  constructor(private readonly store: Store) {}

  @MessagePattern('report')
  report(id: string): string {
    return this.store.read(id);
  }

  @EventPattern('later')
  async later(id: string): Promise<void> {
    await this.store.readLater(id);
  }
}

const parts = { controllers: [Reports], providers: [Store] };

describe('a microservice', () => {
  it('ends what runs before its modules close, and takes nothing more', async () => {
    const queue = randomQueue();
    const { app } = await startService({ connection: server.url, queue }, parts);
    const client = clientOf({ connection: server.url, queue, timeout: 300 });
    const store = app.get(Store);
    client.emit('later', 'a');
    await waitFor(() => store.said.includes('began a'));
    const closed = app.close();
    const late = failureOf(client.send('report', 'late'));
    store.release();
    await closed;
    expect(store.said).toEqual(['began a', 'read a', 'closed', 'shut down']);
    expect(await late).toBeInstanceOf(RequestTimeoutError);
    expect(store.said).not.toContain('read late');
  });

  it('gives back what does not end in time, for the next one', async () => {
    const queue = randomQueue();
    const options = { connection: server.url, queue, shutdownTimeout: 20 };
    const { app } = await startService(options, parts);
    const client = clientOf({ connection: server.url, queue });
    client.emit('later', 'a');
    await waitFor(() => app.get(Store).said.includes('began a'));
    await app.close();
    const next = await startService(options, parts);
    const store = next.app.get(Store);
    await waitFor(() => store.said.includes('began a'));
    store.release();
  });

  it('closes twice, and before it listens, without harm', async () => {
    const queue = randomQueue();
    const { app, server: microservice } = await startService(
      { connection: server.url, queue },
      parts,
    );
    const before = await server.openConnections();
    await Promise.all([microservice.close(), app.close()]);
    await microservice.close();
    await waitFor(async () => (await server.openConnections()) < before);
    const unused = new ReqRepServer({ connection: server.url, queue });
    expect(() => unused.unwrap()).toThrow('before `listen`');
    await unused.close();
    const told: unknown[] = [];
    await unused.listen((error) => told.push(error));
    expect(told).toMatchObject([{ code: 'WORKERS_CLOSED' }]);
  });

  it('tells its status, and what it works with', async () => {
    const queue = randomQueue();
    const microservice = new ReqRepServer({ connection: server.url, queue });
    const told: string[] = [];
    for (const status of ['connected', 'disconnected'] as const) {
      microservice.on(status, () => told.push(status));
    }
    microservice.on('connected', () => {
      throw new Error('of a listener');
    });
    const log = new RecordedLog();
    const module = await Test.createTestingModule(parts).setLogger(log).compile();
    const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: microservice });
    await app.listen();
    await waitFor(() => told.includes('connected'));
    expect(await firstValueFrom(app.status)).toBe('connected');
    expect(app.unwrap()).toBe(microservice.unwrap());
    expect(microservice.unwrap().status).toMatchObject({ state: 'running', queues: [{ queue }] });
    await app.close();
    expect(told).toEqual(['connected', 'disconnected']);
    expect(log.lines).toEqual([
      expect.stringContaining('A listener of "connected" threw: of a listener'),
    ]);
  });
});

/** Starts a hybrid application, which sends messages to itself. */
async function startHybrid(adapter: 'express' | 'fastify', imports: Type[]) {
  const queue = randomQueue();
  const clients = ClientsModule.register([
    {
      name: 'REPORTS',
      customClass: ReqRepClient,
      options: { connection: server.url, queue, timeout: 500 },
    },
  ]);
  @Module({ ...parts, imports: [clients, ...imports] })
  class AppModule {}
  const log = new RecordedLog();
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .setLogger(log)
    .compile();
  const app: INestApplication = module.createNestApplication(
    adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  );
  onTestFinished(() => app.close());
  const microservice = new ReqRepServer({ connection: server.url, queue });
  app.connectMicroservice<MicroserviceOptions>({ strategy: microservice });
  await app.init();
  await app.startAllMicroservices();
  return {
    app,
    log,
    microservice,
    store: app.get(Store),
    client: app.get<ReqRepClient>('REPORTS'),
  };
}

describe.each(['express', 'fastify'] as const)('a hybrid application on %s', (adapter) => {
  it('ends what runs before its modules close', async () => {
    const { app, client, store, microservice, log } = await startHybrid(adapter, [
      ReqRepServersModule,
    ]);
    expect(await lastValueFrom(client.send('report', 'a'))).toBe('report a');
    client.emit('later', 'b');
    await waitFor(() => store.said.includes('began b'));
    const closed = app.close();
    await waitFor(() => microservice.unwrap().status.state === 'stopping');
    expect(store.said).not.toContain('closed');
    store.release();
    await closed;
    expect(store.said).toEqual(['read a', 'began b', 'read b', 'closed', 'shut down']);
    expect(log.lines).toEqual([]);
  });

  it('without the module closes its modules first, as Nest does', async () => {
    const { app, client, store } = await startHybrid(adapter, []);
    client.emit('later', 'a');
    await waitFor(() => store.said.includes('began a'));
    const closed = app.close();
    await waitFor(() => store.said.includes('closed'));
    store.release();
    await closed;
    expect(store.said).toEqual(['began a', 'closed', 'read a', 'shut down']);
  });
});

describe('hooks', () => {
  /** Has what the hooks of the test were called with. */
  const said: string[] = [];

  // Nest 11 has none on the client.
  it.runIf('setOnDispatchHook' in ClientProxy.prototype)(
    'of the client add metadata, which those of the server read around the handler',
    async () => {
      said.length = 0;
      const queue = randomQueue();
      const { server: microservice } = await startService({ connection: server.url, queue }, parts);
      const client = clientOf({ connection: server.url, queue });
      client.setOnDispatchHook((packet) => {
        packet.metadata = { trace: `of ${packet.pattern}` };
      });
      microservice.setOnProcessingStartHook((id, context, done) => {
        said.push(`start ${String(id)} ${(context as ReqRepContext).getMetadata()['trace']}`);
        void done();
      });
      microservice.setOnProcessingEndHook((_, context) =>
        said.push(`end ${(context as ReqRepContext).getPattern()}`),
      );
      expect(await lastValueFrom(client.send('report', 'a'))).toBe('report a');
      expect(said).toEqual(['start Symbol(nestjs-reqrep:transport) of report', 'end report']);
    },
  );

  it('that throw end the message with their error', async () => {
    const queue = randomQueue();
    const { server: microservice } = await startService({ connection: server.url, queue }, parts);
    const client = clientOf({ connection: server.url, queue });
    microservice.setOnProcessingStartHook(() => {
      throw new Error('of a hook');
    });
    expect(await failureOf(client.send('report', 'a'))).toMatchObject({ message: 'of a hook' });
  });

  it('that throw once the handler runs leave the reply as it is', async () => {
    const queue = randomQueue();
    const {
      app,
      server: microservice,
      log,
    } = await startService({ connection: server.url, queue }, parts);
    const client = clientOf({ connection: server.url, queue });
    microservice.setOnProcessingStartHook((_, __, done) => {
      void done();
      void done();
      throw new Error('of a start');
    });
    microservice.setOnProcessingEndHook(() => {
      throw new Error('of an end');
    });
    expect(await lastValueFrom(client.send('report', 'a'))).toBe('report a');
    expect(app.get(Store).said).toEqual(['read a']);
    expect(log.text).toContain('The hook of the start of a message threw: of a start');
    expect(log.text).toContain('The hook of the end of a message threw: of an end');
  });

  /** Says in which async context of a start hook what a handler emits is made. */
  const span = new AsyncLocalStorage<string>();

  @Controller()
  class Spans {
    private get name(): string {
      return span.getStore() ?? 'none';
    }

    @MessagePattern('value')
    value(): string {
      return this.name;
    }

    @MessagePattern('observable')
    observable(): Observable<string> {
      return defer(() => of(this.name));
    }

    @MessagePattern('generator')
    async *generator(): AsyncGenerator<string> {
      yield this.name;
    }

    @MessagePattern('late')
    async late(@Payload() id: string, @Ctx() { signal }: ReqRepContext) {
      await once(signal, 'abort');
      return of(id);
    }

    @EventPattern('event')
    first(_id: string): void {
      said.push(`first in ${this.name}`);
    }

    @EventPattern('event')
    second(_id: string): void {
      said.push(`second in ${this.name}`);
    }
  }

  async function startSpans() {
    said.length = 0;
    const queue = randomQueue();
    const service = await startService(
      { connection: server.url, queue },
      { controllers: [Spans, Reports], providers: [Store] },
    );
    service.server.setOnProcessingStartHook((_, __, done) => {
      said.push('start');
      void span.run('span', done);
    });
    service.server.setOnProcessingEndHook(() => said.push('end'));
    return { ...service, client: clientOf({ connection: server.url, queue }) };
  }

  it.each(['value', 'observable', 'generator'])(
    'of the start keep their async context in a handler that returns one of kind %s',
    async (pattern) => {
      const { client } = await startSpans();
      expect(await lastValueFrom(client.send(pattern, {}))).toBe('span');
      await waitFor(() => said.length === 2);
      expect(said).toEqual(['start', 'end']);
    },
  );

  it('of the end are called where a message is cancelled before its stream begins', async () => {
    const { client } = await startSpans();
    const sent = client.send('late', 'a').subscribe();
    await waitFor(() => said.includes('start'));
    sent.unsubscribe();
    await waitFor(() => said.includes('end'));
    expect(said).toEqual(['start', 'end']);
  });

  it('of the start keep their async context in all handlers of an event', async () => {
    const { client } = await startSpans();
    client.emit('event', 'a');
    await waitFor(() => said.includes('end'));
    expect(said).toEqual(['start', 'first in span', 'second in span', 'end']);
  });
});

describe.each([false, true])('a client with failFast: %s that is closed', (failFast) => {
  it('ends messages and events with a ClientClosedError, also the first', async () => {
    const client = clientOf({ connection: server.url, queue: randomQueue(), failFast });
    await client.close();
    expect(await failureOf(client.send('report', 'a'))).toBeInstanceOf(ClientClosedError);
    expect(await failureOf(client.emit('report', 'a'))).toBeInstanceOf(ClientClosedError);
  });
});

describeOnRedis('a server that is away', () => {
  it('ends requests with their timeout, and with failFast the start and the first message', async () => {
    const redis = await RestartableRedis.start();
    const { url } = redis;
    await redis.stop();
    const queue = randomQueue();
    const client = clientOf({ connection: url, queue, timeout: 100 });
    await client.connect();
    expect(await failureOf(client.send('report', 'a'))).toBeInstanceOf(RequestTimeoutError);
    const hasty = clientOf({ connection: url, queue, failFast: 100 });
    await expect(hasty.connect()).rejects.toThrow(ConnectionFailedError);
    expect(await failureOf(hasty.send('report', 'a'))).toBeInstanceOf(ConnectionFailedError);
    const start = startService({ connection: url, queue, failFast: 100 }, parts);
    await expect(start).rejects.toThrow(ConnectionFailedError);
  });

  it('ends a message that waits for it with failFast when the client closes', async () => {
    const redis = await RestartableRedis.start();
    const { url } = redis;
    await redis.stop();
    const client = clientOf({ connection: url, queue: randomQueue(), failFast: 20_000 });
    const failure = failureOf(client.send('report', 'a'));
    await client.close();
    expect(await failure).toBeInstanceOf(ClientClosedError);
  });

  it('is used as soon as it is there, by the service and its clients', async () => {
    const redis = await RestartableRedis.start();
    onTestFinished(() => redis.stop());
    await redis.kill();
    const queue = randomQueue();
    const { server: microservice } = await startService({ connection: redis.url, queue }, parts);
    const client = clientOf({ connection: redis.url, queue });
    const told: string[] = [];
    client.on('connected', () => told.push('connected'));
    client.on('reconnecting', () => told.push('reconnecting'));
    const sent = lastValueFrom(client.send('report', 'a'));
    await redis.restart();
    expect(await sent).toBe('report a');
    expect(told).toContain('connected');
    expect(await firstValueFrom(microservice.status)).toBe('connected');
    await redis.kill();
    await waitFor(() => told.includes('reconnecting'));
    await redis.restart();
    expect(await lastValueFrom(client.send('report', 'b'))).toBe('report b');
  });
});
