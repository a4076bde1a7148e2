import {
  Controller,
  Injectable,
  Module,
  type INestApplication,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { EventPattern, MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionFailedError } from '../../lib/index.js';
import {
  ReqRepServer,
  ReqRepServersModule,
  type ReqRepServerOptions,
} from '../../lib/microservices/index.js';
import { freePort } from '../support/free-port.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** A signal that ends no process. */
const HARMLESS_SIGNAL = 'SIGWINCH';

/** Is open between the hooks of its start and its end. Says what happened, in its order. */
@Injectable()
class Store implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly said: string[] = [];
  release: () => void = () => undefined;

  onModuleInit(): void {
    this.said.push('opened');
  }

  async onApplicationBootstrap(): Promise<void> {
    // Long enough for a job that waits to be taken.
    await lastValueFrom(clientOf({ connection: server.url, queue: randomQueue() }).emit('x', 1));
    this.said.push('filled');
  }

  onModuleDestroy(): void {
    this.said.push('closed');
  }
}

@Controller()
class Reports {
  constructor(private readonly store: Store) {}

  @MessagePattern('report')
  report(id: string): string {
    this.store.said.push(`read ${id}`);
    return `report ${id}`;
  }

  @EventPattern('later')
  async later(id: string): Promise<void> {
    this.store.said.push(`began ${id}`);
    await new Promise<void>((resolve) => {
      this.store.release = resolve;
    });
    this.store.said.push(`ended ${id}`);
  }
}

const parts = { controllers: [Reports], providers: [Store] };

async function createHybrid(options: ReqRepServerOptions, imports: Type[]) {
  @Module({ ...parts, imports })
  class AppModule {}
  const log = new RecordedLog();
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .setLogger(log)
    .compile();
  const app: INestApplication = module.createNestApplication();
  onTestFinished(() => app.close());
  const microservice = new ReqRepServer(options);
  app.connectMicroservice<MicroserviceOptions>({ strategy: microservice });
  return { app, log, microservice, store: app.get(Store) };
}

describe('a hybrid application that starts its microservices before it listens', () => {
  it('takes messages once all modules have started', async () => {
    const queue = randomQueue();
    const reply = lastValueFrom(clientOf({ connection: server.url, queue }).send('report', 'a'));
    const { app, store, microservice } = await createHybrid({ connection: server.url, queue }, [
      ReqRepServersModule,
    ]);
    await app.startAllMicroservices();
    expect(microservice.unwrap().status.state).toBe('stopped');
    await app.init();
    expect(await reply).toBe('report a');
    expect(store.said).toEqual(['opened', 'filled', 'read a']);
  });

  it('without the module takes them at once, as Nest does', async () => {
    const queue = randomQueue();
    const { app, store } = await createHybrid({ connection: server.url, queue }, []);
    await app.startAllMicroservices();
    const client = clientOf({ connection: server.url, queue });
    expect(await lastValueFrom(client.send('report', 'a'))).toBe('report a');
    expect(store.said).toEqual(['read a']);
  });

  it('fails to start where Redis is away and `failFast` is set', async () => {
    const connection = `redis://localhost:${await freePort()}`;
    const { app } = await createHybrid({ connection, queue: randomQueue(), failFast: 50 }, [
      ReqRepServersModule,
    ]);
    await app.startAllMicroservices();
    await expect(app.init()).rejects.toThrow(ConnectionFailedError);
  });

  it('closes before it has started', async () => {
    const options = { connection: server.url, queue: randomQueue() };
    const { app, microservice } = await createHybrid(options, [ReqRepServersModule]);
    await app.startAllMicroservices();
    await microservice.close();
    await app.init();
    expect(microservice.unwrap().status.state).toBe('stopped');
  });
});

describe('a microservice that a signal ends', () => {
  async function endBySignal(imports: Type[]): Promise<readonly string[]> {
    const queue = randomQueue();
    const { app } = await startService({ connection: server.url, queue }, { ...parts, imports });
    app.enableShutdownHooks([HARMLESS_SIGNAL]);
    const store = app.get(Store);
    store.said.length = 0;
    clientOf({ connection: server.url, queue }).emit('later', 'a');
    await waitFor(() => store.said.includes('began a'));
    process.emit(HARMLESS_SIGNAL, HARMLESS_SIGNAL);
    if (imports.length === 0) {
      await waitFor(() => store.said.includes('closed'));
    } else {
      await waitFor(() => app.unwrap<{ status: { state: string } }>().status.state === 'stopping');
    }
    store.release();
    await waitFor(() => store.said.length === 3);
    return store.said;
  }

  it('ends what runs before its modules close', async () => {
    expect(await endBySignal([ReqRepServersModule])).toEqual(['began a', 'ended a', 'closed']);
  });

  it('without the module closes its modules first, as Nest does', async () => {
    expect(await endBySignal([])).toEqual(['began a', 'closed', 'ended a']);
  });
});

it('a server that listens twice has one set of workers', async () => {
  const queue = randomQueue();
  const { app, server: microservice } = await startService(
    { connection: server.url, queue },
    parts,
  );
  const workers = microservice.unwrap();
  await app.listen();
  expect(microservice.unwrap()).toBe(workers);
});
