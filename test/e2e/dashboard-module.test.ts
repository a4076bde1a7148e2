import {
  HttpException,
  Injectable,
  Module,
  ValidationPipe,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ReqRepDashboardModule, type ReqRepDashboardOptions } from '../../lib/dashboard/index.js';
import { InvalidOptionError, ReqRepModule } from '../../lib/index.js';
import { FRAMEWORKS, listen } from '../support/dashboard-app.js';
import { EventStream } from '../support/event-stream.js';
import { ask, post } from '../support/http-answer.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Every kind of path of a dashboard. */
const PATHS = ['', '/', '/dashboard.js', '/api/settings', '/api/events'];

const ALLOWED = { authorization: 'let me in' };

const mayPass = (context: ExecutionContext): boolean =>
  context.switchToHttp().getRequest().headers.authorization === ALLOWED.authorization;

/** A guard that is made already. */
const READY_GUARD: CanActivate = { canActivate: mayPass };

@Injectable()
class Passwords {
  readonly word = ALLOWED.authorization;
}

@Module({ providers: [Passwords], exports: [Passwords] })
class PasswordsModule {}

@Injectable()
class InjectedGuard implements CanActivate {
  constructor(private readonly passwords: Passwords) {}

  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest().headers.authorization === this.passwords.word;
  }
}

describe.each(FRAMEWORKS)('the dashboard on %s', (_, makeAdapter) => {
  const start = (
    options: ReqRepDashboardOptions = {},
    prepare?: (app: INestApplication) => void,
    appOptions = {},
  ) =>
    listen(
      makeAdapter,
      {
        imports: [
          ReqRepModule.forRoot({ connection: server.url }),
          ReqRepDashboardModule.forRoot(options),
        ],
      },
      prepare,
      appOptions,
    );

  it('has its page at /queues/, and leads there from /queues', async () => {
    const { url, log } = await start();
    const led = await ask(`${url}/queues?a=1`);
    expect(led).toMatchObject({ status: 302, headers: { location: './queues/?a=1' } });
    const page = await ask(new URL(String(led.headers.location), `${url}/queues`).href);
    expect(page).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
      },
    });
    expect(page.text).toMatch(/^<!doctype html>/);
    const script = await ask(`${url}/queues/dashboard.js`);
    expect(script).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8' },
    });
    const known = await ask(`${url}/queues/dashboard.js`, {
      headers: { 'if-none-match': String(script.headers.etag) },
    });
    expect(known).toMatchObject({ status: 304, text: '' });
    expect(await ask(`${url}/queues/`, { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
    expect(log.lines).toEqual([]);
  });

  it.each(['/queues/none.js', '/queues/api/none', '/queues/..%2fpackage.json'])(
    'answers 404 to %s',
    async (path) => {
      const { url } = await start();
      const answer = await ask(url + path);
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual({ message: expect.any(String) });
    },
  );

  it('leaves paths beside its own to the application', async () => {
    const { url } = await start();
    for (const path of ['/queue', '/queuesx/', '/']) {
      expect((await ask(url + path)).json()).toMatchObject({ message: `Cannot GET ${path}` });
    }
  });

  it('is below the global prefix, and the same in each version of the application', async () => {
    const { url } = await start({ path: 'admin/queues/' }, (app) => {
      app.setGlobalPrefix('v');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    expect(await ask(`${url}/v/admin/queues`)).toMatchObject({
      status: 302,
      headers: { location: './queues/' },
    });
    expect((await ask(`${url}/v/admin/queues/`)).status).toBe(200);
    expect((await ask(`${url}/v/admin/queues/api/settings`)).status).toBe(200);
    expect((await ask(`${url}/admin/queues/`)).status).toBe(404);
  });

  it.each([
    ['a class that injects', { guards: [InjectedGuard], imports: [PasswordsModule] }],
    ['an object', { guards: [READY_GUARD] }],
  ])('lets nobody through that a guard refuses: %s', async (_kind, options) => {
    const { url } = await start(options);
    for (const path of PATHS) {
      expect([path, (await ask(`${url}/queues${path}`)).status]).toEqual([path, 403]);
    }
    expect((await post(`${url}/queues/api/pause`, { queue: randomQueue() })).status).toBe(403);
    const settings = await ask(`${url}/queues/api/settings`, { headers: ALLOWED });
    expect(settings.json()).toEqual({ readOnly: false, version: expect.any(String) });
  });

  it('runs middleware in front of the guards, for all of its paths', async () => {
    const seen: string[] = [];
    class Refusing {
      use(
        request: { originalUrl: string },
        _response: object,
        next: (error?: Error) => void,
      ): void {
        seen.push(request.originalUrl);
        next(new HttpException('not you', 401));
      }
    }
    Injectable()(Refusing);
    const passing = (_request: object, _response: object, next: () => void): void => next();
    const guards = [READY_GUARD];
    const { url, log } = await start({ middleware: [passing, Refusing], guards });
    for (const path of PATHS) {
      expect([path, (await ask(`${url}/queues${path}`)).status]).toEqual([path, 401]);
    }
    expect(new Set(seen)).toEqual(new Set(PATHS.map((path) => `/queues${path}`)));
    expect(log.text).not.toContain('route path');
  });

  it('is left alone by what the application has for all requests', async () => {
    const wrapping = {
      intercept: (_context: unknown, next: { handle(): Observable<unknown> }) =>
        next.handle().pipe(map((data) => ({ data }))),
    };
    const queue = randomQueue();
    const { url } = await start({}, (app) => {
      app.useGlobalInterceptors(wrapping);
      app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
      app.use(
        (
          _request: object,
          response: { setHeader(...header: string[]): void },
          next: () => void,
        ) => {
          response.setHeader('content-security-policy', "default-src 'self'");
          next();
        },
      );
    });
    const answer = await ask(`${url}/queues/api/settings`);
    expect(answer.json()).toEqual({ readOnly: false, version: expect.any(String) });
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect((await post(`${url}/queues/api/resume`, { queue })).json()).toEqual({});
  });

  it('keeps the headers that the application has set before', async () => {
    const { url } = await start({}, (app) => {
      const instance: {
        addHook?(
          name: 'onRequest',
          hook: (
            request: object,
            reply: { header(...header: string[]): void },
            done: () => void,
          ) => void,
        ): void;
      } = app.getHttpAdapter().getInstance();
      const policy = ['strict-transport-security', 'max-age=60'] as const;
      if (instance.addHook) {
        instance.addHook('onRequest', (_request, reply, done) => {
          reply.header(...policy);
          reply.header('content-security-policy', "default-src 'self'");
          done();
        });
      } else {
        app.use((_request: object, response: ServerResponse, next: () => void) => {
          response.setHeader(...policy);
          next();
        });
      }
    });
    for (const path of ['/', '/api/settings']) {
      expect((await ask(`${url}/queues${path}`)).headers).toMatchObject({
        'strict-transport-security': 'max-age=60',
        'content-security-policy': expect.stringMatching(/^default-src 'none'/),
      });
    }
  });

  it('reads bodies by itself where the application reads none', async () => {
    const { url } = await start({}, undefined, { bodyParser: false });
    const queue = randomQueue();
    expect((await post(`${url}/queues/api/purge`, { queue })).json()).toEqual({ count: 0 });
  });

  it.each(['reference', 'deep-hash'] as const)(
    'shows the queues of its instance, with modules told apart by %s',
    async (moduleIdGeneratorAlgorithm) => {
      const mine = `${randomQueue()}:`;
      const queue = randomQueue();
      const imports = [
        ReqRepModule.forRoot({ connection: server.url }),
        ReqRepModule.forRoot({ connection: server.url, prefix: mine, name: 'mine' }),
        ReqRepDashboardModule.forRoot({ readOnly: true }),
        ReqRepDashboardModule.forRoot({ path: '/mine', instance: 'mine' }),
      ];
      const { url } = await listen(makeAdapter, { imports }, undefined, {
        moduleIdGeneratorAlgorithm,
      });
      await openReqRep({ connection: server.url, prefix: mine }).workers.serve(queue, () => 1);
      const namesAt = async (path: string): Promise<readonly unknown[]> => {
        const stream = await EventStream.open(`${url}${path}/api/events`);
        const { queues } = (await stream.next('queues')) as { queues: { queue: string }[] };
        stream.leave();
        return queues.map((each) => each.queue);
      };
      expect(await namesAt('/mine')).toEqual([queue]);
      expect(await namesAt('/queues')).not.toContain(queue);
      const settingsOf = async (path: string) => (await ask(`${url}${path}/api/settings`)).json();
      expect(await settingsOf('/mine')).toMatchObject({ readOnly: false });
      expect(await settingsOf('/queues')).toMatchObject({ readOnly: true });
    },
  );

  it('closes with its application while pages are open', async () => {
    const { app, url } = await start();
    const streams = await Promise.all(
      [1, 2, 3].map(() => EventStream.open(`${url}/queues/api/events`)),
    );
    await Promise.all(streams.map((stream) => stream.next('queues')));
    await app.close();
    await waitFor(() => streams.every(({ isEnded }) => isEnded));
    await expect(ask(`${url}/queues/`)).rejects.toThrow('ECONNREFUSED');
  });
});

it('may be in applications on Fastify and on Express in one process', async () => {
  const middleware = [(_request: object, _response: object, next: () => void): void => next()];
  const imports = [
    ReqRepModule.forRoot({ connection: server.url }),
    ReqRepDashboardModule.forRoot({ middleware }),
  ];
  for (const [, makeAdapter] of [...FRAMEWORKS, ...FRAMEWORKS]) {
    const { url, log } = await listen(makeAdapter, { imports });
    for (const path of ['', 'dashboard.js', 'api/settings']) {
      expect([path, (await ask(`${url}/queues/${path}`)).status]).toEqual([path, 200]);
    }
    expect(log.text).not.toContain('route path');
  }
});

it.each([
  [[], 'Expected the options of ReqRepDashboardModule.forRoot to be an object, got an array'],
  [{ path: '/a/:b' }, 'to be a path without parameters and wildcards'],
  [{ path: '/' }, 'to be a path without parameters and wildcards'],
  [{ readonly: true }, 'did you mean `readOnly`?'],
  [{ guards: [READY_GUARD, {}] }, 'Expected guards[1] in the options of'],
  [{ guards: READY_GUARD }, 'to be an array of guards'],
  [{ middleware: ['session'] }, 'Expected middleware[0] in the options of'],
  [{ imports: 'module' }, 'to be an array of modules'],
  [{ instance: '' }, 'to be a non-empty string'],
])('refuses %j at once', (options, message) => {
  const make = () => ReqRepDashboardModule.forRoot(options as ReqRepDashboardOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
});

it('refuses the name of no instance at the start of the application', async () => {
  const [, makeAdapter] = FRAMEWORKS[0] ?? [];
  const started = listen(makeAdapter as never, {
    imports: [
      ReqRepModule.forRoot({ connection: server.url }),
      ReqRepDashboardModule.forRoot({ instance: 'other' }),
    ],
  });
  await expect(started).rejects.toThrow(
    'Expected instance in the options of ReqRepDashboardModule.forRoot to be the `name` of a `ReqRepModule.forRoot` of the application, got "other" (string)',
  );
});
