import {
  createParamDecorator,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { JobData, OnJob, ReplyWorkers, ReqRepModule, RequestClient } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useServer } from '../support/server.js';

const server = useServer();

const Passing = () =>
  UseInterceptors({ intercept: (_: unknown, next: CallHandler) => next.handle() });
const Nothing = (): MethodDecorator => () => undefined;

/** A worker class whose method is called directly or through the pipeline of Nest, or which is request-scoped. */
function workerOf(kind: string) {
  const queue = randomQueue();
  @Injectable({ scope: kind === 'scoped' ? Scope.REQUEST : Scope.DEFAULT })
  class Worker {
    @(kind === 'enhanced' ? Passing() : Nothing())
    @OnJob(queue)
    render(data: unknown): unknown {
      return ['own', data];
    }
  }
  return { queue, Worker };
}

describe.each(['plain', 'enhanced'])('a %s handler', (kind) => {
  it('is called through a spy from its start until it is restored', async () => {
    const { queue, Worker } = workerOf(kind);
    const { app, client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue, 1))).toEqual(['own', 1]);
    const spy = vi.spyOn(app.get(Worker), 'render').mockReturnValue('mocked');
    expect(await lastValueFrom(client.send(queue, 2))).toBe('mocked');
    expect(spy).toHaveBeenCalledWith(2, expect.objectContaining({ queue }));
    spy.mockRestore();
    expect(await lastValueFrom(client.send(queue, 3))).toEqual(['own', 3]);
  });

  it('is called through the wrapper that its constructor or a hook has set', async () => {
    const { queue, Worker } = workerOf(kind);
    @Injectable()
    class Wrapped extends Worker implements OnModuleInit {
      constructor() {
        super();
        const { render } = this;
        this.render = (data) => ['constructor', render.call(this, data)];
      }
      onModuleInit(): void {
        const { render } = this;
        this.render = (data) => ['hook', render.call(this, data)];
      }
    }
    const { client } = await startApp({ connection: server.url }, [Wrapped]);
    expect(await lastValueFrom(client.send(queue, 1))).toEqual([
      'hook',
      ['constructor', ['own', 1]],
    ]);
  });

  it('is called through a proxy, and on an object that delegates', async () => {
    for (const around of [
      (worker: object) =>
        new Proxy(worker, {
          get: (target, name, receiver) =>
            name === 'render'
              ? (data: unknown) => ['traced', data]
              : Reflect.get(target, name, receiver),
        }),
      (worker: object) =>
        Object.assign(Object.create(worker) as object, {
          render: (data: unknown) => ['traced', data],
        }),
    ]) {
      const { queue, Worker } = workerOf(kind);
      const { client } = await startApp({ connection: server.url }, [
        { provide: 'traced', useFactory: () => around(new Worker()) },
      ]);
      expect(await lastValueFrom(client.send(queue, 1))).toEqual(['traced', 1]);
    }
  });

  it('is called on the object with which a test overrides its provider', async () => {
    const { queue, Worker } = workerOf(kind);
    class Fake extends Worker {
      override render(): unknown {
        return 'never served, since it has no @OnJob';
      }
    }
    class Silent extends Worker {
      readonly asked: unknown[] = [];
    }
    const start = async (double: object) => {
      const app = await Test.createTestingModule({
        imports: [ReqRepModule.forRoot({ connection: server.url })],
        providers: [Worker],
      })
        .overrideProvider(Worker)
        .useValue(double)
        .setLogger(new RecordedLog())
        .compile();
      await app.init();
      return app;
    };
    const faked = await start(new Fake());
    expect(faked.get(ReplyWorkers).status.queues).toEqual([]);
    await faked.close();
    const silent = new Silent();
    vi.spyOn(silent, 'render').mockResolvedValue('mocked');
    const app = await start(silent);
    expect(await lastValueFrom(app.get(RequestClient).send(queue))).toBe('mocked');
    await app.close();
  });
});

it('a request-scoped handler is called on the instance of its job', async () => {
  const { queue, Worker } = workerOf('scoped');
  @Injectable({ scope: Scope.REQUEST })
  class Wrapped extends Worker {
    override readonly render = (data: unknown): unknown => ['wrapped', data];
  }
  const { client } = await startApp({ connection: server.url }, [Wrapped]);
  expect(await lastValueFrom(client.send(queue, 1))).toEqual(['wrapped', 1]);
});

describe('a decorator above @OnJob that replaces the method without its metadata', () => {
  /** Like decorators for logs, retries and caches. */
  const Wrap = (): MethodDecorator => (_target, _name, descriptor) => {
    const { value } = descriptor;
    descriptor.value = async function (this: unknown, ...args: unknown[]) {
      return ['wrapped', await (value as unknown as Function).apply(this, args)];
    } as never;
  };
  /** Like decorators that bind a method. */
  const Bound =
    (): MethodDecorator =>
    (_target, _name, { value }) => ({
      get(this: unknown) {
        return (value as unknown as Function).bind(this);
      },
    });

  it.each([
    ['another function', Wrap, ['wrapped', 'own']],
    ['an accessor', Bound, 'own'],
  ])('by %s is served', async (_, Replace, reply) => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      private readonly word = 'own';
      @Replace()
      @OnJob(queue)
      render(): unknown {
        return this.word;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await lastValueFrom(client.send(queue))).toEqual(reply);
  });

  it('keeps the guards and other metadata of the method', async () => {
    const [below, both] = [randomQueue(), randomQueue()];
    const asked: string[] = [];
    const guard = (name: string) => ({
      canActivate: (context: ExecutionContext) => {
        asked.push(`${name} ${new Reflector().get('mark', context.getHandler())}`);
        return name !== 'deny';
      },
    });
    @Injectable()
    class Worker {
      @Wrap()
      @UseGuards(guard('deny'))
      @SetMetadata('mark', 'marked')
      @OnJob(below)
      render() {}

      @UseGuards(guard('outer'))
      @Wrap()
      @OnJob(both)
      @UseGuards(guard('inner'))
      again() {}
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await failureOf(client.send(below))).toMatchObject({ status: 403 });
    await lastValueFrom(client.send(both));
    expect(asked).toEqual(['deny marked', 'inner undefined', 'outer undefined']);
  });
});

it('`getHandler()` is the method and `getClass()` the class for all enhancers', async () => {
  const queue = randomQueue();
  const seen: unknown[] = [];
  const look = (context: ExecutionContext) => seen.push(context.getHandler(), context.getClass());
  const Look = createParamDecorator((_: unknown, context: ExecutionContext) => look(context));
  @Injectable()
  class Worker {
    @UseGuards({ canActivate: (context: ExecutionContext) => look(context) > 0 })
    @UseInterceptors({
      intercept: (context: ExecutionContext, next: CallHandler) => {
        look(context);
        return next.handle();
      },
    })
    @OnJob(queue)
    render(@Look() _looked: unknown, @JobData() data: unknown) {
      return data;
    }
  }
  const { render } = Worker.prototype;
  const { app, client } = await startApp({ connection: server.url }, [Worker]);
  vi.spyOn(app.get(Worker), 'render');
  expect(await lastValueFrom(client.send(queue, 1))).toBe(1);
  expect(seen).toEqual([render, Worker, render, Worker, render, Worker]);
});

it('a method copied by a mixin keeps its @OnJob', async () => {
  const queue = randomQueue();
  class Source {
    @OnJob(queue)
    render() {
      return 'mixed in';
    }
  }
  @Injectable()
  class Worker {}
  Object.defineProperty(Worker.prototype, 'render', {
    value: Source.prototype.render,
    configurable: true,
  });
  const { client } = await startApp({ connection: server.url }, [Worker]);
  expect(await lastValueFrom(client.send(queue))).toBe('mixed in');
});

// Nest 11 has no such option: the object is never decorated there.
it("a handler is called through the wrapper that Nest's `instrument` makes of its provider", async () => {
  const queue = randomQueue();
  const calls: unknown[] = [];
  let isDecorated = false;
  @Injectable()
  class Worker {
    @OnJob(queue)
    render(data: unknown) {
      return data;
    }
  }
  @Module({ imports: [ReqRepModule.forRoot({ connection: server.url })], providers: [Worker] })
  class AppModule {}
  const instanceDecorator = (instance: unknown): unknown => {
    if (!(instance instanceof Worker)) {
      return instance;
    }
    isDecorated = true;
    return new Proxy(instance, {
      get: (target, name, receiver) => {
        calls.push(name);
        return Reflect.get(target, name, receiver);
      },
    });
  };
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    instrument: { instanceDecorator },
  });
  calls.length = 0;
  expect(await lastValueFrom(app.get(RequestClient).send(queue, 1))).toBe(1);
  expect(calls.includes('render')).toBe(isDecorated);
  await app.close();
});
