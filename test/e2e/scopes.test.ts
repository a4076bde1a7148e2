import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import {
  ContextIdFactory,
  ModuleRef,
  REQUEST,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
} from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { OnJob, ReqRepModule, type JobContext, type ReplyWorkers } from '../../lib/index.js';
import { ReplyWorkers as Workers } from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

const queuesOf = (workers: ReplyWorkers): string[] =>
  workers.status.queues.map(({ queue }) => queue);

describe('a request-scoped handler', () => {
  it.each(['provider', 'controller'])(
    'of a %s is created for each job, which is its REQUEST',
    async (kind) => {
      const queue = randomQueue();
      let made = 0;
      @Injectable({ scope: Scope.REQUEST })
      class Unit {
        constructor(@Inject(REQUEST) readonly job: JobContext) {}
      }
      @Controller()
      class Worker {
        constructor(
          private readonly unit: Unit,
          @Inject(REQUEST) private readonly request: JobContext,
        ) {
          made += 1;
        }

        @OnJob(queue)
        run(data: unknown, job: JobContext) {
          return [data, this.unit.job === job, this.request === job];
        }
      }
      const { client } = await startModule({
        imports: [ReqRepModule.forRoot({ connection: server.url })],
        ...(kind === 'provider'
          ? { providers: [Unit, Worker] }
          : { providers: [Unit], controllers: [Worker] }),
      });
      const replies = [1, 2, 3].map((data) => lastValueFrom(client.send(queue, data)));
      expect(await Promise.all(replies)).toEqual([1, 2, 3].map((data) => [data, true, true]));
      expect(made).toBe(3);
    },
  );

  it('is created in its own module if another module has the same token', async () => {
    const queue = randomQueue();
    @Injectable({ scope: Scope.REQUEST })
    class Other {}
    @Injectable({ scope: Scope.REQUEST })
    class Worker {
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    @Module({ providers: [{ provide: 'it', useClass: Worker }] })
    class One {}
    @Module({ providers: [{ provide: 'it', useClass: Other }] })
    class Two {}
    const { client } = await startModule({
      imports: [One, Two, ReqRepModule.forRoot({ connection: server.url })],
    });
    expect(await lastValueFrom(client.send(queue))).toBe('ran');
  });

  it('finds the instances of its job by `ContextIdFactory.getByRequest`', async () => {
    const queue = randomQueue();
    @Injectable({ scope: Scope.REQUEST })
    class Unit {}
    @Injectable({ scope: Scope.REQUEST })
    class Worker {
      constructor(
        @Inject(REQUEST) private readonly request: object,
        private readonly unit: Unit,
        private readonly modules: ModuleRef,
      ) {}

      @OnJob(queue)
      async run() {
        const contextId = ContextIdFactory.getByRequest(this.request);
        return (await this.modules.resolve(Unit, contextId)) === this.unit;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Unit, Worker]);
    expect(await lastValueFrom(client.send(queue))).toBe(true);
  });

  it('that cannot be created ends its request with the error', async () => {
    const queue = randomQueue();
    @Injectable({ scope: Scope.REQUEST })
    class Worker {
      constructor() {
        throw new Error('not today');
      }

      @OnJob(queue)
      run() {}
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    await expect(lastValueFrom(client.send(queue))).rejects.toThrow('not today');
  });
});

it('a transient handler is created for each job', async () => {
  const queue = randomQueue();
  let made = 0;
  @Injectable({ scope: Scope.TRANSIENT })
  class Worker {
    readonly number = ++made;

    @OnJob(queue)
    run() {
      return this.number;
    }
  }
  const { client } = await startApp({ connection: server.url }, [Worker]);
  const first = await lastValueFrom(client.send<number>(queue));
  expect(await lastValueFrom(client.send(queue))).toBe(first + 1);
});

describe('a durable handler', () => {
  /** One sub-tree for each tenant, as in the documentation of Nest. */
  class ByTenant implements ContextIdStrategy {
    private readonly trees = new Map<string, ContextId>();

    attach(contextId: ContextId, request: JobContext) {
      const tenant = request.headers['tenant'] ?? 'none';
      const tree = this.trees.get(tenant) ?? ContextIdFactory.create();
      this.trees.set(tenant, tree);
      return {
        resolve: ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? tree : contextId),
        payload: { tenant },
      };
    }
  }

  afterEach(() => ContextIdFactory.apply(undefined as never));

  it('is created once per sub-tree, whose payload is its REQUEST', async () => {
    ContextIdFactory.apply(new ByTenant());
    const queue = randomQueue();
    let made = 0;
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Worker {
      readonly number = ++made;

      constructor(@Inject(REQUEST) private readonly payload: { tenant: string }) {}

      @OnJob(queue)
      run() {
        return [this.payload.tenant, this.number];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    const of = (tenant: string) => lastValueFrom(client.send(queue, 0, { headers: { tenant } }));
    expect(await of('ann')).toEqual(['ann', 1]);
    expect(await of('bob')).toEqual(['bob', 2]);
    expect(await of('ann')).toEqual(['ann', 1]);
  });

  it('adds its payload to the jobs of other handlers, too', async () => {
    ContextIdFactory.apply(new ByTenant());
    const queue = randomQueue();
    @Injectable({ scope: Scope.REQUEST })
    class Worker {
      constructor(@Inject(REQUEST) private readonly job: JobContext & { tenant: string }) {}

      @OnJob(queue)
      run() {
        return [this.job.queue, this.job.tenant];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    const reply = client.send(queue, 0, { headers: { tenant: 'ann' } });
    expect(await lastValueFrom(reply)).toEqual([queue, 'ann']);
  });

  it('has the job as its REQUEST without a strategy', async () => {
    const queue = randomQueue();
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Worker {
      constructor(@Inject(REQUEST) private readonly job: JobContext) {}

      @OnJob(queue)
      run() {
        return this.job.queue;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue))).toBe(queue);
  });
});

describe('a handler', () => {
  it('may be inherited from a base class', async () => {
    const queue = randomQueue();
    abstract class Base {
      abstract readonly name: string;

      @OnJob(queue)
      run() {
        return this.name;
      }
    }
    @Injectable()
    class Worker extends Base {
      readonly name = 'a subclass';
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue))).toBe('a subclass');
  });

  it('with several tokens is one worker', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    const { app, client } = await startApp({ connection: server.url }, [
      { provide: 'before', useExisting: Worker },
      { provide: 'made', useFactory: (worker: Worker) => worker, inject: [Worker] },
      Worker,
      { provide: 'after', useExisting: Worker },
    ]);
    expect(queuesOf(app.get(Workers))).toEqual([queue]);
    expect(await lastValueFrom(client.send(queue))).toBe('ran');
  });

  it('may belong to a class from a factory', async () => {
    const queue = randomQueue();
    class Worker {
      constructor(private readonly name: string) {}

      @OnJob(queue)
      run() {
        return this.name;
      }
    }
    const { client } = await startApp({ connection: server.url }, [
      { provide: 'it', useFactory: async () => new Worker('from a factory') },
    ]);
    expect(await lastValueFrom(client.send(queue))).toBe('from a factory');
  });
});
